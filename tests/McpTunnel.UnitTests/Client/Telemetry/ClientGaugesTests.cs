using McpTunnel.Client.Linking;
using McpTunnel.Client.Telemetry;
using McpTunnel.TestKit.Links;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Telemetry;

public sealed class ClientGaugesTests
{
    [Test]
    public void Links_are_counted_by_state_and_carrier_and_every_state_is_always_there()
    {
        var links = new[] { Slot(0, LinkSlotState.Up, "tls"), Slot(1, LinkSlotState.Up, "quic"), Slot(2, LinkSlotState.Up, "tls"), Slot(3, LinkSlotState.Waiting, null) };

        var counts = ClientGauges.Links(links, [new FakeLink()])
            .ToDictionary(item => string.Join('/', item.Tags.ToArray().Select(tag => tag.Value)), item => item.Value);

        Assert.That(counts, Is.EquivalentTo(new Dictionary<string, long>
        {
            ["up/quic"] = 1,
            ["up/tls"] = 2,
            ["up/websocket"] = 0,
            ["draining/quic"] = 0,
            ["draining/tls"] = 1,
            ["draining/websocket"] = 0,
            ["idle/none"] = 0,
            ["connecting/none"] = 0,
            ["waiting/none"] = 1,
            ["refused/none"] = 0,
            ["stopped/none"] = 0,
        }));
    }

    [Test]
    public void Link_that_drains_is_counted_once_whether_it_waits_for_a_successor_or_its_client_stops()
    {
        var leaving = new FakeLink();
        var links = new[] { Slot(0, LinkSlotState.Draining, "tls") with { LinkId = leaving.Identity.LinkId }, Slot(1, LinkSlotState.Draining, "tls") with { LinkId = "lnk_zzzzzzzzzzzzzzzz" } };

        var draining = ClientGauges.Links(links, [leaving]).Where(item => item.Tags.ToArray().Any(tag => Equals(tag.Value, "draining"))).Sum(item => item.Value);

        Assert.That(draining, Is.EqualTo(2));
    }

    private static LinkSlotStatus Slot(int index, LinkSlotState state, string? carrier) => new(
        index, state, DateTimeOffset.UnixEpoch, null, null, carrier, 0, 0, null, null, 0, 0, 1, null, null);
}
