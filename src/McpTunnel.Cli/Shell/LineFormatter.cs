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
        textWriter.Write($"{time} {Level(logEntry.LogLevel)}: {logEntry.Category}[{logEntry.EventId.Id}] {Plain(logEntry.Formatter(logEntry.State, logEntry.Exception))}");
        if (logEntry.Exception is { } exception)
        {
            textWriter.Write($" {Plain(exception.ToString())}");
        }

        textWriter.Write(Environment.NewLine);
    }

    /// <summary>White space becomes a space; other controls, and what reorders or breaks lines in Unicode, the replacement character.</summary>
    internal static string Plain(string text) =>
        text.Any(IsObeyed) ? string.Create(text.Length, text, static (plain, from) =>
        {
            for (var i = 0; i < plain.Length; i++)
            {
                plain[i] = !IsObeyed(from[i]) ? from[i] : from[i] is '\r' or '\n' or '\t' ? ' ' : '\uFFFD';
            }
        }) : text;

    private static bool IsObeyed(char c) =>
        char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

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
