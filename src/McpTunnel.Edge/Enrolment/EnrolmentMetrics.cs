using System.Diagnostics.Metrics;
using McpTunnel.Edge.Telemetry;
using McpTunnel.Protocol.Codes;

namespace McpTunnel.Edge.Enrolment;

/// <summary>What enrolment counts. Thread-safe.</summary>
internal sealed class EnrolmentMetrics(IMeterFactory factory)
{
    private readonly Counter<long> _enrolments = factory.Create(EdgeMetrics.MeterName).CreateCounter<long>(
        "mcptunnel.edge.enrolments", "{enrolment}", "Enrolments by outcome: accepted, or the code of the refusal.");

    /// <summary>Counts nothing, so that a rate has a beginning.</summary>
    public void BeginAtZero() => _enrolments.Add(0, new KeyValuePair<string, object?>("outcome", "accepted"));

    /// <param name="refusal">Null when a certificate was issued.</param>
    public void Enrolment(TunnelCode? refusal) =>
        _enrolments.Add(1, new KeyValuePair<string, object?>("outcome", refusal?.WireName() ?? "accepted"));
}
