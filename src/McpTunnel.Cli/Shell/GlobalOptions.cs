using System.CommandLine;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Cli.Shell;

/// <summary>Options that every command takes.</summary>
internal static class GlobalOptions
{
    public static readonly Option<bool> Json = new("--json")
    {
        Description = "Print one JSON document instead of text.",
        Recursive = true,
    };

    /// <summary>Without it: information for the two that run for long, warning for the rest.</summary>
    public static readonly Option<LogLevel?> Log = new("--log")
    {
        Description = "The least to log to standard error: trace, debug, information, warning, error or none.",
        Recursive = true,
        HelpName = "level",
    };

    public static readonly Option<bool> Debug = new("--debug")
    {
        Description = "Print the stack trace of an unexpected failure.",
        Recursive = true,
        Hidden = true,
    };
}
