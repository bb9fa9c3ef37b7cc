using System.Diagnostics.Metrics;
using McpTunnel.Client.Authentication;
using McpTunnel.Client.Calls;
using McpTunnel.Protocol.Codes;

namespace McpTunnel.Client.Telemetry;

/// <summary>What the boundary counts. Server names are the only label from the configuration; nothing from a request is one.</summary>
internal static class ClientMetrics
{
    /// <summary>The meter's name, for exporters.</summary>
    public const string MeterName = "McpTunnel.Client";

    private const string ResultTag = "result";
    private const string Accepted = "accepted";
    private const string Refused = "refused";
    private const string Succeeded = "succeeded";
    private const string Failed = "failed";

    private static readonly Meter Meter = new(MeterName);

    // From a call that is refused at once to a stream that lives for hours.
    private static readonly InstrumentAdvice<double> CallDurations =
        new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600] };

    private static readonly Histogram<double> CallDuration =
        Meter.CreateHistogram<double>("mcptunnel.client.call.duration", "s", "From a call's first step to its last byte, by server, status and code.", advice: CallDurations);

    private static readonly UpDownCounter<long> ActiveCalls =
        Meter.CreateUpDownCounter<long>("mcptunnel.client.calls.active", "{call}", "Calls in progress.");

    private static readonly Counter<long> Authentications =
        Meter.CreateCounter<long>("mcptunnel.client.authentications", "{request}", "Requests judged by the authentication step, by server and outcome.");

    private static readonly Counter<long> Connects =
        Meter.CreateCounter<long>("mcptunnel.client.upstream.connects", "{connection}", "Connections tried to upstreams and issuers, by whom for and result.");

    private static readonly Counter<long> Reloads =
        Meter.CreateCounter<long>("mcptunnel.client.configuration.reloads", "{reload}", "Changed configurations, by result.");

    private static readonly Counter<long> IssuerFetches =
        Meter.CreateCounter<long>("mcptunnel.client.issuer.fetches", "{fetch}", "Fetches of issuers' metadata and keys, by result.");

    /// <summary>Counts nothing, so that a rate has a beginning: once an exporter listens.</summary>
    public static void BeginAtZero()
    {
        foreach (var result in new[] { Accepted, Refused })
        {
            Reloads.Add(0, new KeyValuePair<string, object?>(ResultTag, result));
        }

        foreach (var result in new[] { Succeeded, Failed })
        {
            IssuerFetches.Add(0, new KeyValuePair<string, object?>(ResultTag, result));
        }
    }

    public static void CallStarted() => ActiveCalls.Add(1);

    public static void CallEnded(Call call, int status, TimeSpan duration)
    {
        ActiveCalls.Add(-1);
        if (CallDuration.Enabled)
        {
            CallDuration.Record(
                duration.TotalSeconds,
                new("server", call.Server?.Name ?? ""),
                new("status", status),
                new("code", call.Code?.WireName() ?? ""));
        }
    }

    public static void Authenticated(string server, AuthenticationResult result) =>
        Authentications.Add(1, new("server", server), new("outcome", result.Caller is null ? result.Code.WireName() : "accepted"));

    public static void Connected(string purpose, string result) => Connects.Add(1, new("for", purpose), new("result", result));

    public static void Reloaded(bool accepted) => Reloads.Add(1, new KeyValuePair<string, object?>(ResultTag, accepted ? Accepted : Refused));

    public static void IssuerFetched(bool succeeded) => IssuerFetches.Add(1, new KeyValuePair<string, object?>(ResultTag, succeeded ? Succeeded : Failed));
}
