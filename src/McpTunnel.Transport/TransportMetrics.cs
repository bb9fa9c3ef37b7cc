using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using McpTunnel.Protocol.Codes;
using McpTunnel.Transport.Links;

namespace McpTunnel.Transport;

/// <summary>The meter of links and their streams. What is a sum over links is asked for at a scrape, see <see cref="LinkLedger"/>.</summary>
public static class TransportMetrics
{
    /// <summary>The meter's name, for exporters.</summary>
    public const string MeterName = "McpTunnel.Transport";

    private static readonly Meter Meter = new(MeterName);

    /// <summary>0.2 ms to 20 s: from one machine to a link that is about to be given up.</summary>
    private static readonly InstrumentAdvice<double> RoundTrips = new()
    {
        HistogramBucketBoundaries = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20],
    };

    internal static readonly Counter<long> StreamsAccepted =
        Meter.CreateCounter<long>("mcptunnel.transport.streams.accepted", "{stream}", "Streams taken from links and handed to the server.");

    internal static readonly Counter<long> QuicHandshakes =
        Meter.CreateCounter<long>("mcptunnel.transport.quic.handshakes", "{handshake}", "QUIC handshakes at the edge by outcome: done, failed, not_admitted, unknown_name.");

    private static readonly Counter<long> StreamsRefused =
        Meter.CreateCounter<long>("mcptunnel.transport.streams.refused", "{stream}", "Streams reset before they became a connection, by code.");

    private static readonly Counter<long> LinksClosed =
        Meter.CreateCounter<long>("mcptunnel.transport.links.closed", "{link}", "Links that ended, by code and by which side said so.");

    private static readonly Counter<long> ProtocolViolations =
        Meter.CreateCounter<long>("mcptunnel.transport.violations", "{violation}", "Links ended because the peer broke the multiplexer's protocol, by kind.");

    private static readonly Histogram<double> RoundTripTime =
        Meter.CreateHistogram("mcptunnel.transport.link.round_trip.duration", "s", "Answered pings on links, by side and carrier.", tags: null, RoundTrips);

    static TransportMetrics()
    {
        Meter.CreateObservableUpDownCounter("mcptunnel.transport.streams", LinkLedger.Streams, "{stream}", "Streams open on links, by side, carrier and state of the link.");
        Meter.CreateObservableUpDownCounter("mcptunnel.transport.streams.stalled", LinkLedger.StalledStreams, "{stream}", "Streams that wait for the peer to take their bytes, now.");
        Meter.CreateObservableCounter("mcptunnel.transport.window.stalled", LinkLedger.StalledTime, "s", "Time that streams waited for the peer to take their bytes.");
        Meter.CreateObservableCounter("mcptunnel.transport.bytes", LinkLedger.Bytes, "By", "Payload of streams, by side, carrier and direction.");
        Meter.CreateObservableGauge("mcptunnel.build.info", BuildInfo.Measure, "{build}", "Always 1; the labels say what runs here.");
    }

    /// <summary>Makes the instruments now rather than with the first link, so that a first scrape has them.</summary>
    public static void Publish() => RuntimeHelpers.RunClassConstructor(typeof(TransportMetrics).TypeHandle);

    /// <summary>Counts nothing at a client, so that a rate has a beginning: once an exporter listens.</summary>
    public static void BeginClientAtZero() => StreamsAccepted.Add(0);

    /// <summary>Counts nothing at an edge, so that a rate has a beginning: once an exporter listens.</summary>
    public static void BeginEdgeAtZero()
    {
        foreach (var outcome in new[] { "done", "failed", "not_admitted", "unknown_name" })
        {
            QuicHandshakes.Add(0, new KeyValuePair<string, object?>("outcome", outcome));
        }
    }

    /// <summary>
    /// Whether an instrument is for the exporter of one edge or client: a process may have several, in a demonstration or a test, and each has meters of its own, with
    /// itself as their scope.
    /// </summary>
    public static bool IsIn(object scope, Instrument instrument)
    {
        ArgumentNullException.ThrowIfNull(instrument);
        return instrument.Meter.Scope is not { } other || ReferenceEquals(other, scope);
    }

    internal static void StreamRefused(TunnelCode code, long count = 1) => StreamsRefused.Add(count, new KeyValuePair<string, object?>("code", code.WireName()));

    internal static void ProtocolViolated(string kind) => ProtocolViolations.Add(1, new KeyValuePair<string, object?>("kind", kind));

    internal static void LinkClosed(LinkSide side, Carrier carrier, LinkClosure closure) => LinksClosed.Add(
        1, new("side", side.WireName()), new("carrier", carrier.WireName()), new("code", closure.Code.WireName()), new("by_peer", closure.ByPeer));

    internal static void RoundTripMeasured(LinkSide side, Carrier carrier, TimeSpan time) =>
        RoundTripTime.Record(time.TotalSeconds, new("side", side.WireName()), new("carrier", carrier.WireName()));
}
