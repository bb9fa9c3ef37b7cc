namespace McpTunnel.Cli.Shell;

/// <summary>A failure that a person can do something about: printed as what, where, remedy, and never with a stack trace.</summary>
internal sealed class CliException(ExitCode code, string what, string? where = null, string? remedy = null, Exception? inner = null)
    : Exception(what, inner)
{
    public ExitCode Code { get; } = code;

    /// <summary>The file, host or hop; null where the message says it already.</summary>
    public string? Where { get; } = where;

    /// <summary>What to do next; null where the message says it already.</summary>
    public string? Remedy { get; } = remedy;

    /// <summary>The wire name of the refusal, when the other side gave one.</summary>
    public string? Refusal { get; init; }
}
