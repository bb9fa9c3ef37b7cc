using System.Net.Sockets;
using System.Runtime.Versioning;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Handover;
using McpTunnel.Edge.Ingress;
using McpTunnel.Edge.Ingress.Admission;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace McpTunnel.IntegrationTests.Edge.Handover;

/// <summary>Agents at an edge that has just taken over, whose clients are on their way, or are not.</summary>
[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[SupportedOSPlatform("linux")] // counts in /proc
[Platform("Linux")]
public sealed class WaitingAgentTests : IAsyncDisposable
{
    private readonly ScratchDirectory _directory = new();
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private HandoverChannel _old = null!;
    private HandoverChannel _new = null!;
    private EdgeFixture _edge = null!;

    public async ValueTask DisposeAsync()
    {
        await _edge.DisposeAsync();
        _old.Dispose();
        _new.Dispose();
        _directory.Dispose();
    }

    [Test]
    public async Task Agent_waits_for_the_client_and_is_served_when_it_comes()
    {
        await StartAsync(new EdgeLimitOptions());
        using var agent = await AskAsync();
        await AreWaitingAsync(1);

        await using var link = await _edge.DialAsync();
        await using var stream = await Agents.AcceptAsync(link);

        Assert.That((await Agents.ReadPreambleAsync(stream.Input)).Authority, Is.EqualTo(EdgeFixture.ServerName));
        Assert.That(_edge.Metrics.Sum("mcptunnel.edge.streams.failed"), Is.Zero);
    }

    [Test]
    public async Task Agent_whose_client_does_not_come_is_refused_after_one_patience_and_counted_once()
    {
        await StartAsync(new EdgeLimitOptions());
        using var agent = await AskAsync();
        await AreWaitingAsync(1);

        _time.Advance(TimeSpan.FromSeconds(10));
        var answer = await Agents.ReceiveToEndAsync(agent);

        Assert.That(answer, Is.Not.Empty, "the alert");
        Assert.That(_edge.Metrics.Sum("mcptunnel.edge.streams.failed"), Is.EqualTo(1));
        Assert.That(_edge.Metrics.Sum("mcptunnel.edge.connections", "no_link"), Is.EqualTo(1));
    }

    [Test]
    public async Task Agents_of_a_tunnel_whose_client_is_away_do_not_fill_the_edge()
    {
        await StartAsync(new EdgeLimitOptions { PendingConnections = 128 });
        var waiting = new List<Socket>();
        for (var i = 0; i < 2; i++)
        {
            waiting.Add(await AskAsync());
        }

        await AreWaitingAsync(2);
        using var oneMore = await AskAsync();

        Assert.That(await Agents.ReceiveToEndAsync(oneMore), Is.Not.Empty, "refused at once, without a step of the clock");
        Assert.That(waiting.Select(agent => agent.Poll(0, SelectMode.SelectRead)), Is.All.False, "those before still wait");
        waiting.ForEach(agent => agent.Dispose());
    }

    [Test]
    public async Task F13_agent_that_the_process_before_sends_back_keeps_the_number_it_had_here_and_is_served()
    {
        await StartAsync(new EdgeLimitOptions(), beforeHasEnded: false);
        using var agent = await AskAsync();
        var (passed, descriptors) = (await Eventually.ResultAsync(_old.ReceiveAsync(CancellationToken.None)))!.Value;
        Assert.That(passed.Final, Is.False);
        Assert.That(passed.Formerly, Is.Not.Null);

        _old.TrySend(passed with { Final = true }, descriptors[0]);
        HandoverChannel.Close(descriptors);
        var (returned, back) = (await Eventually.ResultAsync(_new.ReceiveAsync(CancellationToken.None)))!.Value;
        _edge.Edge.Services.GetRequiredService<IngressServer>().Adopt(back[0], returned);
        await using var link = await _edge.DialAsync();
        await using var stream = await Agents.AcceptAsync(link);

        Assert.That((await Agents.ReadPreambleAsync(stream.Input)).Authority, Is.EqualTo(EdgeFixture.ServerName));
    }

    [Test]
    public async Task F13_process_before_sends_an_agent_back_with_the_number_it_came_with()
    {
        await StartAsync(new EdgeLimitOptions());
        using var connected = await _edge.ConnectAsync();
        _edge.Edge.Services.GetRequiredService<Neighbour>().Precede(_old);

        _edge.Edge.Services.GetRequiredService<IngressServer>().Adopt(
            await Descriptor.CopyAsync(connected, _old, _new), new HandoverMessage(HandoverMessage.Connection) { Hello = await Agents.HelloAsync(EdgeFixture.ServerName), Formerly = 4711 });
        var (back, descriptors) = (await Eventually.ResultAsync(_new.ReceiveAsync(CancellationToken.None)))!.Value;
        HandoverChannel.Close(descriptors);

        Assert.That((back.Kind, back.Final, back.Formerly), Is.EqualTo((HandoverMessage.Connection, true, 4711)));
    }

    [Test]
    public async Task F1_connection_passed_over_that_was_reset_meanwhile_is_closed_and_counted()
    {
        await StartAsync(new EdgeLimitOptions());
        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        listening.Listen();
        using var agent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await agent.ConnectAsync(listening.LocalEndPoint!);
        using var accepted = await listening.AcceptAsync();
        var copy = await Descriptor.CopyAsync(accepted, _old, _new);
        Ingress.Relays.Reset(agent);
        Assert.That(async () => await Eventually.ResultAsync(accepted.ReceiveAsync(new byte[1])), Throws.InstanceOf<SocketException>());

        var hello = await Agents.HelloAsync(EdgeFixture.ServerName);
        _edge.Edge.Services.GetRequiredService<IngressServer>().Adopt(copy, new HandoverMessage(HandoverMessage.Connection) { Hello = hello, Final = true });

        Assert.That(_edge.Metrics.Sum("mcptunnel.edge.connections", "closed_early"), Is.EqualTo(1));
        Assert.That(Descriptor.Count(accepted), Is.EqualTo(1));
    }

    private async Task StartAsync(EdgeLimitOptions limits, bool beforeHasEnded = true)
    {
        using var listening = HandoverSocket.Listen(_directory["sock"]);
        var accepted = listening.AcceptAsync();
        _new = new HandoverChannel(await HandoverSocket.ConnectAsync(_directory["sock"], CancellationToken.None), TimeProvider.System);
        _old = new HandoverChannel(await accepted, TimeProvider.System);
        _edge = await EdgeFixture.StartAsync(limits, time: _time);

        // It took over from a process that has ended by now, where the test does not play that.
        var neighbour = _edge.Edge.Services.GetRequiredService<Neighbour>();
        neighbour.Follow(_new);
        if (beforeHasEnded)
        {
            neighbour.ForgetBefore();
        }
    }

    private async Task<Socket> AskAsync()
    {
        var agent = await _edge.ConnectAsync();
        await agent.SendAsync(await Agents.HelloAsync(EdgeFixture.ServerName));
        return agent;
    }

    private async Task AreWaitingAsync(int count)
    {
        var admission = _edge.Edge.Services.GetRequiredService<AdmissionControl>();
        await Eventually.ThatAsync(() => _edge.Metrics.Sum("mcptunnel.edge.client_hello.duration") == count && admission.Pending.Count == count, "they have named their server and wait");
    }
}
