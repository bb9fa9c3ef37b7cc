using McpTunnel.Client.Linking;
using McpTunnel.Protocol.Codes;
using McpTunnel.Transport;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Linking;

/// <summary>How a client's links begin, and how they end for good.</summary>
[CancelAfter(30_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LinkSupervisorTests : LinkSupervisorTestBase
{
    [Test]
    public async Task Start_brings_the_first_link_up_before_the_others_one_second_apart()
    {
        await using var supervisor = Start(links: 3);
        await supervisor.FirstRegistered;
        Assert.That(DialCount, Is.EqualTo(1));

        await AdvanceUntilAsync(() => DialCount == 3, most: TimeSpan.FromSeconds(4));

        await EventuallyAsync(() => supervisor.Links.All(link => link.State == LinkSlotState.Up));
        Assert.That(Dials.Select(dial => dial.Index), Is.EqualTo(new[] { 0, 1, 2 }));
    }

    [Test]
    public async Task Refusal_for_good_stops_every_link_and_says_why()
    {
        Refuse = _ => new LinkRefusedException("token_revoked", retryable: false, null, "Make a new token.");
        await using var supervisor = Start(links: 4);

        var refusal = await supervisor.Completion;

        Assert.That((refusal!.Code, DialCount), Is.EqualTo(((TunnelCode?)TunnelCode.TokenRevoked, 1)));
        Assert.That(supervisor.Links[0].State, Is.EqualTo(LinkSlotState.Refused));
    }

    [Test]
    public async Task Node_that_does_not_know_the_client_does_not_end_it_while_a_link_is_up_elsewhere()
    {
        Refuse = index => index == 0 ? null : new LinkRefusedException("certificate_invalid", retryable: false, null, "The edge has no record of it.");
        await using var supervisor = Start(links: 2);
        await AdvanceUntilAsync(() => DialCount >= 4, most: TimeSpan.FromMinutes(2));
        Assert.That(supervisor.Links[1].LastError, Does.Contain("no record"));

        Refuse = _ => null;
        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.State == LinkSlotState.Up), most: TimeSpan.FromMinutes(2));

        Assert.That(supervisor.Completion.IsCompleted, Is.False);
    }

    [Test]
    public async Task Revocation_of_a_live_link_stops_for_good()
    {
        await using var supervisor = Start(links: 2);
        await supervisor.FirstRegistered;
        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.State == LinkSlotState.Up), most: TimeSpan.FromSeconds(3));

        await Pairs[0].Edge.CloseAsync(TunnelCode.TokenRevoked, "Revoked by an administrator.");

        Assert.That((await supervisor.Completion)!.Code, Is.EqualTo(TunnelCode.TokenRevoked));
        Assert.That((await Pairs[1].Edge.Closed).ByPeer, Is.True);
    }

    [Test]
    public async Task F27_token_that_ended_while_the_client_slept_stops_it_with_the_reason_and_no_loop()
    {
        await using var supervisor = Start(links: 4);
        await AdvanceUntilAsync(() => supervisor.Links.All(link => link.State == LinkSlotState.Up), most: TimeSpan.FromSeconds(5));
        Refuse = _ => new LinkRefusedException("token_expired", retryable: false, null, "The token expired. Issue a new one.");
        Time.Advance(TimeSpan.FromDays(3));

        await Pairs[2].Edge.CloseAsync(TunnelCode.PeerDead, "Nothing received.");
        await AdvanceUntilAsync(() => supervisor.Completion.IsCompleted, most: TimeSpan.FromMinutes(2));
        var dials = DialCount;
        for (var i = 0; i < 60; i++)
        {
            Time.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(1);
        }

        Assert.That((await supervisor.Completion)!.Code, Is.EqualTo(TunnelCode.TokenExpired));
        Assert.That(DialCount, Is.EqualTo(dials), "nothing is dialled any more");
        Assert.That(supervisor.Links.Count(link => link.State == LinkSlotState.Refused), Is.GreaterThanOrEqualTo(1));
    }

    [Test]
    public async Task Fault_in_one_link_ends_the_others_too_and_nothing_is_dialled_any_more()
    {
        var supervisor = Start(links: 2, attach: _ =>
        {
            if (Pairs.Count == 2)
            {
                throw new InvalidOperationException("unforeseen");
            }
        });
        await AdvanceUntilAsync(() => supervisor.Completion.IsCompleted, most: TimeSpan.FromSeconds(3));

        Assert.That(() => supervisor.Completion, Throws.InvalidOperationException);
        Assert.That((await Pairs[0].Edge.Closed.WaitAsync(TimeSpan.FromSeconds(10))).Code, Is.EqualTo(TunnelCode.Shutdown));
        var dials = DialCount;
        for (var i = 0; i < 20; i++)
        {
            Time.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(1);
        }

        Assert.That((DialCount, supervisor.Links[0].State), Is.EqualTo((dials, LinkSlotState.Stopped)));
        Assert.That(
            (await Pairs[1].Edge.Closed.WaitAsync(TimeSpan.FromSeconds(10))).Code, Is.EqualTo(TunnelCode.Shutdown), "the edge would give streams to a link that nobody serves");
        Assert.That(() => supervisor.StopAsync(TimeSpan.FromSeconds(1)), Throws.Nothing, "what went wrong is told by Completion, and a stop stops");
        await supervisor.DisposeAsync();
    }

    [Test]
    public async Task StopAsync_lets_streams_finish_within_the_grace()
    {
        await using var supervisor = Start(links: 1);
        await supervisor.FirstRegistered;
        var (edge, client) = await Pairs[0].OpenAsync();

        var stopping = supervisor.StopAsync(TimeSpan.FromSeconds(10));
        await EventuallyAsync(() => Pairs[0].Edge.State == LinkState.Draining);
        Assert.That(stopping.IsCompleted, Is.False);
        await client.Output.CompleteAsync();
        await edge.Output.CompleteAsync();
        await AdvanceUntilAsync(() => stopping.IsCompleted, most: TimeSpan.FromSeconds(2));

        Assert.That((await Pairs[0].Edge.Closed).Code, Is.EqualTo(TunnelCode.Shutdown));
    }
}
