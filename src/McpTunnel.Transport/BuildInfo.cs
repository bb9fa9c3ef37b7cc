using System.Diagnostics.Metrics;
using McpTunnel.Transport.Quic;

namespace McpTunnel.Transport;

/// <summary>What runs here, as labels of a series whose value is always 1: joined to other series, it says which version behaves in which way.</summary>
internal static class BuildInfo
{
    private static readonly string Version = typeof(BuildInfo).Assembly.GetName().Version?.ToString(3) ?? "unknown";

    public static Measurement<long> Measure() => new(
        1, new("version", Version), new("runtime", Environment.Version.ToString()), new("quic", QuicCarrier.LibraryVersion));
}
