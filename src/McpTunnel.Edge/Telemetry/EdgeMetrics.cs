using System.Diagnostics.Metrics;
using McpTunnel.Edge.Ingress.Relaying;
using McpTunnel.Protocol.Codes;
using McpTunnel.Transport;

namespace McpTunnel.Edge.Telemetry;

/// <summary>What the edge counts. Gauges are registered by <see cref="EdgeGauges"/>. Thread-safe.</summary>
internal sealed class EdgeMetrics
{
    public const string MeterName = "McpTunnel.Edge";

    /// <summary>Outcomes of a connection besides the codes of refusals.</summary>
    public const string Relayed = "relayed";
    public const string OwnName = "own_name";
    public const string ClosedEarly = "closed_early";
    public const string PassedOn = "passed_on";

    private const string Accepted = "accepted";
    private const string OutcomeTag = "outcome";
    private const string CodeTag = "code";
    private const string ReasonTag = "reason";
    private const string CarrierTag = "carrier";

    /// <summary>100 µs to 10 s: from a loopback ClientHello to the time-out of a stalled one.</summary>
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    private readonly Counter<long> _connections;
    private readonly Counter<long> _acceptErrors;
    private readonly Histogram<double> _helloDuration;
    private readonly Counter<long> _streamsOpened;
    private readonly Counter<long> _streamsFailed;
    private readonly Counter<long> _streamsClosed;
    private readonly Histogram<double> _streamOpenDuration;
    private readonly Histogram<double> _firstByteDuration;
    private readonly Counter<long> _registrations;
    private readonly Counter<long> _linksClosed;

    public EdgeMetrics(IMeterFactory factory)
    {
        Meter = factory.Create(MeterName);
        _connections = Meter.CreateCounter<long>(
            "mcptunnel.edge.connections", "{connection}", "Accepted connections by what became of them: relayed, own_name, closed_early, or the code of the refusal.");
        _acceptErrors = Meter.CreateCounter<long>("mcptunnel.edge.accept.errors", "{error}", "Failures to accept a connection, by socket error.");
        _helloDuration = Meter.CreateHistogram(
            "mcptunnel.edge.client_hello.duration", "s", "Time from accept to the last byte of the ClientHello.", tags: null, Seconds);
        _streamsOpened = Meter.CreateCounter<long>("mcptunnel.edge.streams.opened", "{stream}", "Streams opened on links, by carrier.");
        _streamsFailed = Meter.CreateCounter<long>("mcptunnel.edge.streams.failed", "{stream}", "Agent connections of a tunnel that got no stream, by code: over a limit, no link, or the link did not take it.");
        _streamsClosed = Meter.CreateCounter<long>("mcptunnel.edge.streams.closed", "{stream}", "Streams ended, by reason.");
        _streamOpenDuration = Meter.CreateHistogram(
            "mcptunnel.edge.stream.open.duration", "s", "Time from the whole ClientHello to its being on its way through a link.", tags: null, Seconds);
        _firstByteDuration = Meter.CreateHistogram(
            "mcptunnel.edge.stream.first_byte.duration", "s", "Time from the whole ClientHello to the first byte of the client's answer, by carrier.", tags: null, Seconds);
        _registrations = Meter.CreateCounter<long>("mcptunnel.edge.link.registrations", "{link}", "Attempts to register a link by outcome: accepted, or the code of the refusal.");
        _linksClosed = Meter.CreateCounter<long>("mcptunnel.edge.link.closures", "{link}", "Links ended, by code.");
    }

    public Meter Meter { get; }

    /// <summary>
    /// Counts nothing, so that the labels an alert names are there from the first scrape on and a rate has a beginning. The codes of refusals are too many for that, and appear with the first.
    /// </summary>
    public void BeginAtZero()
    {
        foreach (var outcome in new[] { Relayed, OwnName, ClosedEarly })
        {
            _connections.Add(0, new KeyValuePair<string, object?>(OutcomeTag, outcome));
        }

        foreach (var carrier in Enum.GetValues<Carrier>())
        {
            _streamsOpened.Add(0, new KeyValuePair<string, object?>(CarrierTag, carrier.WireName()));
        }

        foreach (var code in new[] { TunnelCode.NoLink, TunnelCode.StreamLimit, TunnelCode.SourceLimit, TunnelCode.EdgeDraining, TunnelCode.StreamOpenFailed })
        {
            _streamsFailed.Add(0, new KeyValuePair<string, object?>(CodeTag, code.WireName()));
        }

        foreach (var end in Enum.GetValues<RelayEnd>())
        {
            _streamsClosed.Add(0, new KeyValuePair<string, object?>(ReasonTag, end.Name()));
        }

        _registrations.Add(0, new KeyValuePair<string, object?>(OutcomeTag, Accepted));
    }

    public void Connection(string outcome) => _connections.Add(1, new KeyValuePair<string, object?>(OutcomeTag, outcome));

    public void AcceptError(string error) => _acceptErrors.Add(1, new KeyValuePair<string, object?>("error", error));

    public void ClientHelloRead(TimeSpan duration) => _helloDuration.Record(duration.TotalSeconds);

    public void StreamOpened(Carrier carrier, TimeSpan duration)
    {
        _streamsOpened.Add(1, new KeyValuePair<string, object?>(CarrierTag, carrier.WireName()));
        _streamOpenDuration.Record(duration.TotalSeconds);
    }

    /// <summary>The client has answered on a stream: for a call that is its ServerHello.</summary>
    public void StreamAnswered(Carrier carrier, TimeSpan duration) =>
        _firstByteDuration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>(CarrierTag, carrier.WireName()));

    public void StreamFailed(TunnelCode code) => _streamsFailed.Add(1, new KeyValuePair<string, object?>(CodeTag, code.WireName()));

    public void StreamClosed(string reason) => _streamsClosed.Add(1, new KeyValuePair<string, object?>(ReasonTag, reason));

    /// <param name="refusal">Null when the link was accepted.</param>
    public void LinkRegistration(TunnelCode? refusal) =>
        _registrations.Add(1, new KeyValuePair<string, object?>(OutcomeTag, refusal?.WireName() ?? Accepted));

    public void LinkClosed(TunnelCode code) => _linksClosed.Add(1, new KeyValuePair<string, object?>(CodeTag, code.WireName()));
}
