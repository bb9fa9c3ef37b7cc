using System.Diagnostics;
using McpTunnel.Benchmarks.Processes;

namespace McpTunnel.Benchmarks.Variants;

/// <summary>
/// Where the two sides of a path are. On loopback all is in one place; with a line between, this process, the agents and the edge are in one network namespace, the
/// client and the upstream in another, and each side sees the other at an address of its own.
/// </summary>
/// <param name="PrivateNamespace">Where the client's side runs; null for here.</param>
/// <param name="PublicAddress">The agents' side as the client's side sees it.</param>
/// <param name="PrivateAddress">The client's side as the agents' side sees it.</param>
internal sealed record BenchNetwork(string? PrivateNamespace, string PublicAddress, string PrivateAddress)
{
    private const string LoopbackAddress = "127.0.0.1";

    public static readonly BenchNetwork Loopback = new(null, LoopbackAddress, LoopbackAddress);

    public bool IsLine => PrivateNamespace is not null;

    /// <summary>What servers of either side listen on.</summary>
    public string Listen => IsLine ? "0.0.0.0" : LoopbackAddress;

    public ProcessStartInfo InPrivate(ProcessStartInfo start) =>
        PrivateNamespace is null ? start : start.Behind("ip", "netns", "exec", PrivateNamespace);
}
