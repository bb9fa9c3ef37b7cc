using System.Diagnostics.Metrics;
using System.Text.Json;
using McpTunnel.Client.Telemetry;
using McpTunnel.Protocol.Codes;
using McpTunnel.Transport;

namespace McpTunnel.Client.Linking;

/// <summary>Counts what becomes of dials and of links. Every label is one of a closed vocabulary of ours; nothing that an edge or a proxy says is one.</summary>
internal static class ClientLinkMetrics
{
    /// <summary>Reasons besides the codes of closures and refusals and the names of <see cref="LinkConnectFault"/>.</summary>
    public const string Drain = "drain";
    public const string Move = "move";

    private const string Up = "up";
    private const string UnknownCode = "unknown_code";

    private static readonly Meter Meter = new(ClientMetrics.MeterName);

    private static readonly Counter<long> Dials = Meter.CreateCounter<long>(
        "mcptunnel.client.link.dials", "{attempt}", "Dials of links by carrier and outcome: up, the code of the refusal, or how far it got.");

    private static readonly Counter<long> Reconnects = Meter.CreateCounter<long>(
        "mcptunnel.client.links.reconnects", "{attempt}", "Links brought up anew, or tried to, by why: the code of the end or of the refusal, how far the dial got, drain, or move.");

    private static readonly Counter<long> Collapses = Meter.CreateCounter<long>(
        "mcptunnel.client.links.collapses", "{collapse}", "Times that links were up and carried next to nothing, so that the carrier was left, by carrier.");

    /// <summary>Counts nothing, so that a rate has a beginning: once an exporter listens.</summary>
    public static void BeginAtZero()
    {
        foreach (var carrier in Enum.GetValues<Carrier>())
        {
            Collapses.Add(0, new KeyValuePair<string, object?>("carrier", carrier.WireName()));
        }
    }

    /// <param name="carrier">What was dialled.</param>
    /// <param name="failure">Null when the link came up.</param>
    public static void Dialled(Carrier carrier, Exception? failure) =>
        Dials.Add(1, new("carrier", carrier.WireName()), new("outcome", failure is null ? Up : NameOf(failure)));

    public static void Reconnecting(string reason) => Reconnects.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>A dial's failure as a label.</summary>
    public static string NameOf(Exception failure) => failure switch
    {
        LinkRefusedException refusal => refusal.Code?.WireName() ?? UnknownCode,
        LinkConnectException connect => JsonNamingPolicy.SnakeCaseLower.ConvertName(connect.Fault.ToString()),
        _ => "other",
    };

    public static void Collapsed(Carrier carrier) => Collapses.Add(1, new KeyValuePair<string, object?>("carrier", carrier.WireName()));
}
