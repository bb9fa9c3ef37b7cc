using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Hosting;

namespace McpTunnel.Edge.Health;

/// <summary>
/// The registry can be read; there is room for a change; and one could be saved the last time it was tried. Nothing is written to find out: links and agents
/// need no change, and a probe's own writes would wear out what it looks after.
/// </summary>
internal sealed class RegistryCheck(EdgeResources resources, EdgeOptions options) : IReadinessCheck
{
    /// <summary>A change takes some pages of 4 KiB, first in the write-ahead log and then in the database.</summary>
    private const long LeastSpace = 1024 * 1024;

    public string Name => "registry";

    /// <summary>Bytes free for this process where the registry is. As a seam for tests.</summary>
    internal Func<long> FreeSpace { get; init; } = () => new DriveInfo(Path.GetFullPath(options.State)).AvailableFreeSpace;

    public async ValueTask<string?> FindProblemAsync(CancellationToken cancellationToken)
    {
        _ = await resources.Registry.Authorities.ListTrustedAsync(cancellationToken);
        var problem = resources.Registry.WriteProblem ?? (FreeSpace() < LeastSpace ? "the disk is full." : null);
        return problem is not null
            ? $"The registry cannot be written: {problem} Links and agents go on, but enrolments and changes fail. Check space and permissions of the state directory."
            : null;
    }
}
