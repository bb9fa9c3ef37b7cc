using System.Diagnostics.Metrics;
using McpTunnel.Client.Telemetry;

namespace McpTunnel.Client.SelfCalls;

/// <summary>Counts the calls of a client to itself.</summary>
internal static class SelfCallMetrics
{
    private static readonly Meter Meter = new(ClientMetrics.MeterName);

    private static readonly Counter<long> Calls =
        Meter.CreateCounter<long>("mcptunnel.client.self_calls", "{call}", "Calls of the client to itself through the edge, by result: served, elsewhere, other_certificate, no_connection, silent, no_answer.");

    public static void Ended(SelfCallResult result) => Calls.Add(1, new KeyValuePair<string, object?>("result", result switch
    {
        SelfCallResult.Served => "served",
        SelfCallResult.Elsewhere => "elsewhere",
        SelfCallResult.OtherCertificate => "other_certificate",
        SelfCallResult.NoConnection => "no_connection",
        SelfCallResult.Silent => "silent",
        _ => "no_answer",
    }));
}
