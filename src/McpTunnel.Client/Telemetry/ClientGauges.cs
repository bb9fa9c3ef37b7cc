using System.Diagnostics.Metrics;
using System.Text.Json;
using McpTunnel.Client.Linking;
using McpTunnel.Transport;

namespace McpTunnel.Client.Telemetry;

/// <summary>What is asked for at a scrape instead of being counted on the way. Lives and ends with one client.</summary>
internal sealed class ClientGauges : IDisposable
{
    private const string NoCarrier = "none";

    private static readonly string[] AllCarriers = [.. Enum.GetValues<Carrier>().Select(carrier => carrier.WireName())];

    private readonly Meter _meter;

    /// <param name="supervisor">Whose links.</param>
    /// <param name="stopping">Whether the client is leaving.</param>
    public ClientGauges(LinkSupervisor supervisor, Func<bool> stopping)
    {
        _meter = new Meter(new MeterOptions(ClientMetrics.MeterName) { Scope = this });
        _meter.CreateObservableUpDownCounter(
            "mcptunnel.client.links", () => Links(supervisor.Links, supervisor.Leaving), "{link}", "Links of this client, by what they are doing and what they run on.");
        _meter.CreateObservableGauge("mcptunnel.client.draining", () => stopping() ? 1L : 0L, "{client}", "1 while this client leaves.");
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>Every state, also with 0: a series that goes away would keep its last value at the reader.</summary>
    internal static IEnumerable<Measurement<long>> Links(IReadOnlyList<LinkSlotStatus> links, IReadOnlyList<ILink> leaving)
    {
        // One that waits for its successor is among those that leave; one of a client that stops is not.
        bool IsLast(LinkSlotStatus link) => link.State == LinkSlotState.Draining && leaving.All(leaver => leaver.Identity.LinkId != link.LinkId);

        foreach (var carrier in AllCarriers)
        {
            yield return Links("up", carrier, links.Count(link => link.State == LinkSlotState.Up && link.Carrier == carrier));
            yield return Links("draining", carrier, leaving.Count(link => link.Carrier.WireName() == carrier) + links.Count(link => IsLast(link) && link.Carrier == carrier));
        }

        foreach (var state in Enum.GetValues<LinkSlotState>().Where(state => state is not (LinkSlotState.Up or LinkSlotState.Draining)))
        {
            yield return Links(JsonNamingPolicy.SnakeCaseLower.ConvertName(state.ToString()), NoCarrier, links.Count(link => link.State == state));
        }
    }

    private static Measurement<long> Links(string state, string carrier, int count) => new(count, new("state", state), new("carrier", carrier));
}
