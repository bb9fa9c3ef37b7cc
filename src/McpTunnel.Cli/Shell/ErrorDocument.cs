namespace McpTunnel.Cli.Shell;

/// <summary>A failure as <c>--json</c> prints it, under the member <c>error</c>.</summary>
internal sealed record ErrorDocument(int ExitCode, string What, string? Where, string? Remedy, string? Code, IReadOnlyList<string>? Details)
{
    public static ErrorDocument Of(Failure failure) => new(
        (int)failure.ExitCode, failure.What, failure.Where, failure.Remedy, failure.Code, failure.Details.Count == 0 ? null : failure.Details);
}
