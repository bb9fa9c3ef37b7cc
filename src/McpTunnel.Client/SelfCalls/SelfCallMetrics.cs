using System.Diagnostics.Metrics;
using McpTunnel.Client.Telemetry;

namespace McpTunnel.Client.SelfCalls;

/// <summary>Counts the calls of a client to itself.</summary>
internal static class SelfCallMetrics
{
    private static readonly Meter Meter = new(ClientMetrics.MeterName);

    private static readonly Counter<long> Calls =
        Meter.CreateCounter<long>("mcptunnel.client.self_calls", "{call}", "Calls of the client to itself through the edge, by result: served, elsewhere, other_certificate, no_connection, silent, no_answer.");

    /// <summary>Counts nothing, so that a rate has a beginning: once an exporter listens.</summary>
    public static void BeginAtZero()
    {
        foreach (var result in Enum.GetValues<SelfCallResult>())
        {
            Count(result, 0);
        }
    }

    public static void Ended(SelfCallResult result) => Count(result, 1);

    private static void Count(SelfCallResult result, long calls) => Calls.Add(calls, new KeyValuePair<string, object?>("result", result switch
    {
        SelfCallResult.Served => "served",
        SelfCallResult.Elsewhere => "elsewhere",
        SelfCallResult.OtherCertificate => "other_certificate",
        SelfCallResult.NoConnection => "no_connection",
        SelfCallResult.Silent => "silent",
        _ => "no_answer",
    }));
}
