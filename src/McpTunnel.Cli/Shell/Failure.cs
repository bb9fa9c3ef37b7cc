namespace McpTunnel.Cli.Shell;

/// <summary>A failure as it is printed.</summary>
/// <param name="ExitCode">What the process ends with.</param>
/// <param name="What">What happened.</param>
/// <param name="Where">File, host or hop; null where <paramref name="What"/> says it.</param>
/// <param name="Remedy">What to do next; null where <paramref name="What"/> says it.</param>
/// <param name="Code">The wire name of a refusal by the edge; null otherwise.</param>
/// <param name="Details">Further lines: every error of a configuration.</param>
internal sealed record Failure(
    ExitCode ExitCode, string What, string? Where, string? Remedy, string? Code, IReadOnlyList<string> Details);
