using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace McpTunnel.Cli.Shell;

/// <summary>Logs go to standard error, one line an event, so that results on standard output stay clean.</summary>
internal static class Logs
{
    /// <param name="level">The least that is written.</param>
    /// <param name="isJson">Whether each line is a JSON object, for a log collector.</param>
    public static ILoggerFactory Create(LogLevel level, bool isJson) => LoggerFactory.Create(builder =>
    {
        builder.SetMinimumLevel(level);

        // The framework's own chatter helps whoever debugs the framework.
        foreach (var category in (string[])["Microsoft", "System", "Yarp", "ModelContextProtocol"])
        {
            builder.AddFilter(category, level > LogLevel.Warning || level <= LogLevel.Debug ? level : LogLevel.Warning);
        }

        // It repeats, with a stack trace, the failure to start that the command is about to report in words.
        builder.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);

        if (level == LogLevel.None)
        {
            return;
        }

        if (isJson)
        {
            builder.AddJsonConsole(options =>
            {
                options.UseUtcTimestamp = true;
                options.TimestampFormat = "O";
            });
        }
        else
        {
            builder.AddConsole(options => options.FormatterName = LineFormatter.FormatterName)
                .AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        }

        builder.Services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
    });
}
