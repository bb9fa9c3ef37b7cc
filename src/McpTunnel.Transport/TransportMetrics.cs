using System.Diagnostics.Metrics;

namespace McpTunnel.Transport;

/// <summary>The meter of links and their streams.</summary>
public static class TransportMetrics
{
    /// <summary>The meter's name, for exporters.</summary>
    public const string MeterName = "McpTunnel.Transport";

    private static readonly Meter Meter = new(MeterName);

    internal static readonly Counter<long> StreamsAccepted =
        Meter.CreateCounter<long>("mcptunnel.transport.streams.accepted", "{stream}", "Streams taken from links and handed to the server.");

    internal static readonly Counter<long> StreamsRefused =
        Meter.CreateCounter<long>("mcptunnel.transport.streams.refused", "{stream}", "Streams reset before they became a connection, by code.");

    internal static readonly Counter<long> LinksClosed =
        Meter.CreateCounter<long>("mcptunnel.transport.links.closed", "{link}", "Links that ended, by code and by which side said so.");

    internal static readonly Counter<long> ProtocolViolations =
        Meter.CreateCounter<long>("mcptunnel.transport.violations", "{violation}", "Links ended because the peer broke the multiplexer's protocol, by kind.");

    internal static readonly Counter<long> QuicHandshakes =
        Meter.CreateCounter<long>("mcptunnel.transport.quic.handshakes", "{handshake}", "QUIC handshakes at the edge by outcome: done, failed, not_admitted, unknown_name.");
}
