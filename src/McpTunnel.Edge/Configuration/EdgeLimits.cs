using McpTunnel.Edge.Directory;
using McpTunnel.Edge.Ingress.Admission;

namespace McpTunnel.Edge.Configuration;

/// <summary>Hands the limits to the parts that keep them.</summary>
internal static class EdgeLimits
{
    public static AdmissionLimits Admission(this EdgeLimitOptions limits) => new(
        limits.PendingConnections,
        (int)limits.ClientHelloSize.Bytes,
        limits.ClientHelloMemory.Bytes,
        limits.ClientHelloTimeout,
        new SourceLimits(
            limits.HandshakesPerSecond,
            limits.HandshakeBurst,
            limits.PendingPerSource,
            limits.StreamsPerSource,
            limits.CallersPerSource,
            limits.Sources),
        limits.NetworkShare);

    public static DirectoryLimits Directory(this EdgeLimitOptions limits) =>
        new(limits.Links, limits.LinksPerTunnel, limits.LinksPerInstance, limits.StreamsPerTunnel);
}
