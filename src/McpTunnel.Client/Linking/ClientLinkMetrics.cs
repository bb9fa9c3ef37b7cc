using System.Diagnostics.Metrics;
using McpTunnel.Client.Telemetry;

namespace McpTunnel.Client.Linking;

/// <summary>Counts what the supervisor does.</summary>
internal static class ClientLinkMetrics
{
    private static readonly Meter Meter = new(ClientMetrics.MeterName);

    public static readonly Counter<long> Reconnects =
        Meter.CreateCounter<long>("mcptunnel.client.links.reconnects", "{attempt}", "Attempts scheduled after a link failed or ended.");
}
