using System.Globalization;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Linking;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Control;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Linking;

/// <summary>How a link gives way to a better one, the new one first.</summary>
[CancelAfter(30_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LinkMoveTests : LinkSupervisorTestBase
{
    [Test]
    public async Task Drain_brings_a_replacement_up_while_the_old_link_serves_its_streams()
    {
        await using var supervisor = Start(links: 1);
        await supervisor.FirstRegistered;
        var (edge, client) = await Pairs[0].OpenAsync();

        Pairs[0].Edge.BeginDrain(TunnelCode.EdgeDraining, "maintenance");
        await AdvanceUntilAsync(() => DialCount == 2, most: TimeSpan.FromSeconds(2));
        await edge.Output.WriteAsync("still here"u8.ToArray());

        Assert.That((await client.Input.ReadAsync()).Buffer.Length, Is.EqualTo(10));
    }

    [Test]
    public async Task F12_blocked_carrier_is_left_and_taken_again_with_the_new_link_first()
    {
        Blocked = [Carrier.Quic];
        await using var supervisor = Start(links: 2);
        await supervisor.FirstRegistered;
        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.Carrier == "tls"), most: TimeSpan.FromSeconds(5));
        var (edge, client) = await Pairs[0].OpenAsync();

        Blocked = [];
        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.Carrier == "quic"), most: TimeSpan.FromMinutes(5));
        await AdvanceUntilAsync(() => supervisor.Links.Sum(link => link.Leaving) == 1, most: TimeSpan.FromSeconds(20));

        Assert.Multiple(() =>
        {
            Assert.That(supervisor.Links.Select(link => link.Carrier), Is.All.EqualTo("quic"));
            Assert.That(supervisor.Carrier.Reason, Is.EqualTo("quic works again"));
            Assert.That(Pairs[0].Edge.State, Is.EqualTo(LinkState.Draining), "no new streams on the link that is left");
            Assert.That(supervisor.Links.Sum(link => link.Leaving), Is.EqualTo(1), "the one with a stream; the other was left at once");
        });
        await edge.Output.WriteAsync("still here"u8.ToArray());
        Assert.That((await client.Input.ReadAsync()).Buffer.Length, Is.EqualTo(10));

        await edge.Output.CompleteAsync();
        await client.Output.CompleteAsync();
        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.Leaving == 0), most: TimeSpan.FromSeconds(20));
        Assert.That(Pairs[0].Edge.Closed.IsCompleted, Is.True);
    }

    [Test]
    public async Task Link_that_still_finishes_what_is_in_flight_keeps_its_index_however_often_the_slot_moves()
    {
        await using var supervisor = Start(links: 1);
        await supervisor.FirstRegistered;
        var moved = new List<int>();
        for (var move = 0; move < 4; move++)
        {
            await Pairs[move].OpenAsync();
            moved.Add((await supervisor.RenewAsync("the token changed", CancellationToken.None)).Renewed);
        }

        Assert.Multiple(() =>
        {
            Assert.That(Dials.Select(dial => dial.Index), Is.EqualTo(new[] { 0, 1, 2, 3 }), "an edge ends the link whose index comes again");
            Assert.That(moved, Is.EqualTo(new[] { 1, 1, 1, 0 }), "with every place taken by a link that is left, the last one stays");
            Assert.That(supervisor.Links[0].Leaving, Is.EqualTo(3));
        });
    }

    [Test]
    public async Task Successor_of_a_link_that_is_left_has_another_index_and_of_one_that_broke_the_same()
    {
        await using var supervisor = Start(links: 2);
        await supervisor.FirstRegistered;
        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.State == LinkSlotState.Up), most: TimeSpan.FromSeconds(3));

        var moved = await supervisor.RenewAsync("the token changed", CancellationToken.None);
        await Pairs[2].Edge.CloseAsync(TunnelCode.Shutdown, "edge restarts");
        await AdvanceUntilAsync(() => DialCount == 5, most: TimeSpan.FromSeconds(3));

        Assert.That(moved, Is.EqualTo(new LinkRenewal(2, 0, null)));
        Assert.That(Dials, Is.EqualTo(new[] { (0, 1L), (1, 1L), (2, 2L), (3, 2L), (2, 3L) }));
    }

    [Test]
    public async Task Last_of_the_most_links_that_may_be_configured_has_an_index_to_move_to()
    {
        var most = typeof(LinksOptions).GetProperty(nameof(LinksOptions.Count))!.GetCustomAttributes(inherit: false).OfType<McpTunnel.Configuration.Rules.RangeAttribute>()
            .Select(range => int.Parse(range.Maximum, CultureInfo.InvariantCulture)).Single();
        await using var supervisor = Start(most, new LinkSupervisorOptions { Links = most, Spacing = TimeSpan.FromMilliseconds(1) });
        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.State == LinkSlotState.Up), most: TimeSpan.FromMinutes(1));

        var moved = await supervisor.RenewAsync("the token changed", CancellationToken.None);

        Assert.That((moved.Renewed, Dials.Max(dial => dial.Index)), Is.EqualTo((most, ControlLimits.MaxLinkIndex)));
    }

    [Test]
    public async Task Links_that_are_all_down_have_none_to_spread()
    {
        Refuse = _ => new LinkConnectException("down");
        await using var supervisor = Start(links: 1, new LinkSupervisorOptions { Links = 1, IsUneven = () => true, SpreadRetry = TimeSpan.FromSeconds(1) });
        await AdvanceUntilAsync(() => DialCount >= 3, most: TimeSpan.FromMinutes(2));

        Refuse = _ => null;
        await AdvanceUntilAsync(() => Dials.Any(dial => dial.Index == 1), most: TimeSpan.FromMinutes(2));

        Assert.That(Dials.Select(dial => dial.Index), Does.Contain(1), "once a link is up it is spread again");
        Assert.That(BoundToAddress, Is.EqualTo(Dials.Count(dial => dial.Index == 1)), "at another address than the better one it would be no gain");
    }

    [Test]
    public async Task Link_that_breaks_while_its_move_waits_for_an_address_that_does_not_answer_is_replaced_without_that_wait()
    {
        var present = new FakeLink { Carrier = Carrier.Quic };
        var dials = 0;
        await using var supervisor = new LinkSupervisor(
            async (_, token) =>
            {
                if (Interlocked.Increment(ref dials) == 2)
                {
                    await Task.Delay(Timeout.Infinite, token);
                }

                return dials == 1 ? present : new FakeLink { Carrier = Carrier.Quic };
            },
            _ => { }, Choice, new LinkSupervisorOptions { Links = 1 }, Time, NullLoggerFactory.Instance);
        supervisor.Start();
        await supervisor.FirstRegistered;
        var move = supervisor.RenewAsync("the token changed", CancellationToken.None);
        await EventuallyAsync(() => dials == 2);

        await present.CloseAsync(TunnelCode.Shutdown, "edge restarts");
        await AdvanceUntilAsync(() => dials == 3 && supervisor.Links[0].State == LinkSlotState.Up, most: TimeSpan.FromSeconds(2));

        Assert.That((dials, supervisor.Links[0].State, await move), Is.EqualTo((3, LinkSlotState.Up, new LinkRenewal(0, 0, null))));
    }

    [Test]
    public async Task Move_that_fails_leaves_the_link_as_it_is()
    {
        await using var supervisor = Start(links: 1);
        await supervisor.FirstRegistered;
        Refuse = _ => new LinkConnectException("down");

        var moved = await supervisor.RenewAsync("the token changed", CancellationToken.None);

        Assert.That((moved.Renewed, moved.Stayed, supervisor.Links[0].State, Pairs[0].Edge.State), Is.EqualTo((0, 1, LinkSlotState.Up, LinkState.Active)));
        Assert.That(moved.Problem, Does.Contain("down"), "an operator is told why");
    }
}
