using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace McpTunnel.Cli.Shell;

/// <summary>
/// Log lines for people: one line for each entry, and nothing in it that a terminal obeys. Paths, host names and words of peers stand in
/// entries; a carriage return or an escape sequence among them would hide lines, or forge some.
/// </summary>
internal sealed class LineFormatter() : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "line";

    private static readonly bool IsColoured = !Console.IsErrorRedirected;

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var time = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        textWriter.Write($"{time} {Level(logEntry.LogLevel)}: {logEntry.Category}[{logEntry.EventId.Id}] {PlainText.Of(logEntry.Formatter(logEntry.State, logEntry.Exception))}");
        if (logEntry.Exception is { } exception)
        {
            textWriter.Write($" {PlainText.Of(exception.ToString())}");
        }

        textWriter.Write(Environment.NewLine);
    }

    private static string Level(LogLevel level)
    {
        var (name, colour) = level switch
        {
            LogLevel.Trace => ("trce", "37"),
            LogLevel.Debug => ("dbug", "37"),
            LogLevel.Information => ("info", "32"),
            LogLevel.Warning => ("warn", "33"),
            LogLevel.Error => ("fail", "31"),
            _ => ("crit", "31"),
        };
        return IsColoured ? $"\e[{colour}m{name}\e[39m" : name;
    }
}
