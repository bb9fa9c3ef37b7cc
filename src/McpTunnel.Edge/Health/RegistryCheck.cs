using McpTunnel.Edge.Hosting;

namespace McpTunnel.Edge.Health;

/// <summary>
/// The registry can be read; and a change could be saved the last time one was tried. Nothing is written to find out: links and agents
/// need no change, and a probe's own writes would wear out what it looks after.
/// </summary>
internal sealed class RegistryCheck(EdgeResources resources) : IReadinessCheck
{
    public string Name => "registry";

    public async ValueTask<string?> FindProblemAsync(CancellationToken cancellationToken)
    {
        _ = await resources.Registry.Authorities.ListTrustedAsync(cancellationToken);
        return resources.Registry.WriteProblem is { } problem
            ? $"The registry cannot be written: {problem} Links and agents go on, but enrolments and changes fail until one succeeds. Check space and permissions of the state directory."
            : null;
    }
}
