using System.Net.Sockets;
using McpTunnel.Edge.Configuration;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;

namespace McpTunnel.IntegrationTests.Edge.Ingress;

[CancelAfter(60_000)]
public sealed class IngressLimitTests
{
    private static readonly byte[] InternalError = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 80];

    [Test]
    public async Task Handshakes_of_a_source_at_the_burst_are_taken_and_one_more_is_reset()
    {
        await using var edge = await EdgeFixture.StartAsync(new EdgeLimitOptions { HandshakesPerSecond = 1, HandshakeBurst = 5 });
        var sockets = await ConnectAsync(edge, 5);
        await ExpectResetAsync(edge);
        await Eventually.ThatAsync(() => edge.Metrics.Sum("mcptunnel.edge.connections", "rate_limited") == 1, "it is counted");

        Assert.That(edge.Metrics.Observe("mcptunnel.edge.connections.pending"), Is.EqualTo(5));
        ExpectOpen(sockets);
    }

    [Test]
    public async Task Pending_connections_of_a_source_at_the_limit_are_taken_and_one_more_is_reset()
    {
        await using var edge = await EdgeFixture.StartAsync(new EdgeLimitOptions { PendingPerSource = 3 });
        var sockets = await ConnectAsync(edge, 3);
        await ExpectResetAsync(edge);
        await Eventually.ThatAsync(() => edge.Metrics.Sum("mcptunnel.edge.connections", "source_limit") == 1, "it is counted");

        ExpectOpen(sockets);
    }

    [Test]
    public async Task Pending_connections_in_all_at_the_limit_are_taken_and_one_more_takes_the_place_of_the_oldest_silent_one()
    {
        await using var edge = await EdgeFixture.StartAsync(new EdgeLimitOptions { PendingConnections = 3 });
        var sockets = await ConnectAsync(edge, 3);
        await Eventually.ThatAsync(() => edge.Metrics.Observe("mcptunnel.edge.connections.pending") == 3, "all are in");
        Assert.That(sockets.Select(socket => socket.Poll(0, SelectMode.SelectRead)), Is.All.False);

        sockets.AddRange(await ConnectAsync(edge, 1));
        await Eventually.ThatAsync(() => edge.Metrics.Sum("mcptunnel.edge.connections", "edge_overloaded") == 1, "the first is counted");

        var exception = await Assert.ThrowsAsync<SocketException>(() => Eventually.ResultAsync(sockets[0].ReceiveAsync(new byte[1])));
        Assert.That(exception!.SocketErrorCode, Is.EqualTo(SocketError.ConnectionReset));
        Assert.That(edge.Metrics.Observe("mcptunnel.edge.connections.pending"), Is.EqualTo(3));
        sockets[0].Dispose();
        ExpectOpen(sockets[1..]);
    }

    [Test]
    public async Task Agents_and_links_get_through_a_table_full_of_silence()
    {
        await using var edge = await EdgeFixture.StartAsync(new EdgeLimitOptions { PendingConnections = 20 });
        var silent = await ConnectAsync(edge, 40);

        await using var link = await edge.DialAsync();
        var (agent, _) = await Agents.OpenAsync(edge, link);

        await Eventually.ThatAsync(() => edge.Metrics.Sum("mcptunnel.edge.connections", "edge_overloaded") == 21, "the link took the place of one, and left it to the agent");
        agent.Dispose();
        silent.ForEach(socket => socket.Dispose());
    }

    [Test]
    public async Task Streams_of_a_source_at_the_limit_are_relayed_and_one_more_is_refused_until_one_ends()
    {
        await using var edge = await EdgeFixture.StartAsync(new EdgeLimitOptions { StreamsPerSource = 1 });
        await CheckStreamLimitAsync(edge, "source_limit");
    }

    [Test]
    public async Task Agent_that_finds_no_link_gives_the_place_of_its_source_back()
    {
        await using var edge = await EdgeFixture.StartAsync(new EdgeLimitOptions { StreamsPerSource = 1 });
        for (var i = 0; i < 2; i++)
        {
            using var agent = await edge.ConnectAsync();
            await agent.SendAsync(await Agents.HelloAsync(EdgeFixture.ServerName));
            Assert.That(await Agents.ReceiveToEndAsync(agent), Is.EqualTo(InternalError));
        }

        Assert.That(edge.Metrics.Sum("mcptunnel.edge.connections", "no_link"), Is.EqualTo(2));
    }

    [Test]
    public async Task Streams_of_a_tunnel_at_the_limit_are_relayed_and_one_more_is_refused_until_one_ends()
    {
        await using var edge = await EdgeFixture.StartAsync(new EdgeLimitOptions { StreamsPerTunnel = 1 });
        await CheckStreamLimitAsync(edge, "stream_limit");
    }

    [Test]
    public async Task Links_of_a_process_at_the_limit_are_taken_and_one_more_is_refused()
    {
        await using var edge = await EdgeFixture.StartAsync(new EdgeLimitOptions { LinksPerInstance = 1 });
        await using var link = await edge.DialAsync(edge.Hello(index: 0));

        var refusal = await Assert.ThrowsAsync<McpTunnel.Transport.LinkRefusedException>(() => edge.DialAsync(edge.Hello(index: 1)));

        Assert.That(refusal!.CodeName, Is.EqualTo("too_many_links"));
        Assert.That(refusal.Retryable, Is.True);
    }

    [Test]
    public async Task Own_name_connections_over_the_limit_get_the_alert()
    {
        await using var edge = await EdgeFixture.StartAsync(new EdgeLimitOptions { OwnNameConnections = 1, Links = 1 });
        await using var link = await edge.DialAsync();

        using var second = await edge.ConnectAsync();
        await second.SendAsync(await Agents.HelloAsync(EdgeFixture.Domain));

        Assert.That(await Agents.ReceiveToEndAsync(second), Is.EqualTo(InternalError));
        Assert.That(edge.Metrics.Sum("mcptunnel.edge.connections", "edge_overloaded"), Is.EqualTo(1));
    }

    [Test]
    public async Task Api_connections_of_a_source_at_the_limit_are_taken_and_one_more_gets_the_alert_until_one_ends()
    {
        await using var edge = await EdgeFixture.StartAsync(new EdgeLimitOptions { CallersPerSource = 2 });
        var callers = await ConnectAsync(edge, 2);
        foreach (var caller in callers)
        {
            await caller.SendAsync(await Agents.HelloAsync(EdgeFixture.Domain));
        }

        await Eventually.ThatAsync(() => edge.Metrics.Sum("mcptunnel.edge.connections", "own_name") == 2, "two are taken");
        Assert.That(await AnswerAsync(edge), Is.EqualTo(InternalError));
        await using var link = await edge.DialAsync();

        callers[0].Dispose();
        byte[] answer;
        do
        {
            answer = await AnswerAsync(edge);
        }
        while (answer.AsSpan().SequenceEqual(InternalError) && !TestContext.CurrentContext.CancellationToken.IsCancellationRequested);

        Assert.That(answer, Is.Not.EqualTo(InternalError), "Another one is taken.");
        callers[1].Dispose();
    }

    [Test]
    public async Task Own_name_connections_that_are_no_links_leave_room_for_the_links()
    {
        await using var edge = await EdgeFixture.StartAsync(new EdgeLimitOptions { OwnNameConnections = 3, Links = 1 });
        var strangers = await ConnectAsync(edge, 3);
        foreach (var stranger in strangers)
        {
            await stranger.SendAsync(await Agents.HelloAsync(EdgeFixture.Domain));
        }

        await Eventually.ThatAsync(() => edge.Metrics.Sum("mcptunnel.edge.connections", "edge_overloaded") == 1, "the third one is refused");
        await using var link = await edge.DialAsync();

        Assert.That(link.State, Is.EqualTo(McpTunnel.Transport.LinkState.Active));
        strangers.ForEach(stranger => stranger.Dispose());
    }

    private static async Task CheckStreamLimitAsync(EdgeFixture edge, string code)
    {
        await using var link = await edge.DialAsync();
        var (first, stream) = await Agents.OpenAsync(edge, link);
        using (var second = await edge.ConnectAsync())
        {
            await second.SendAsync(await Agents.HelloAsync(EdgeFixture.ServerName));
            Assert.That(await Agents.ReceiveToEndAsync(second), Is.EqualTo(InternalError));
            Assert.That(edge.Metrics.Sum("mcptunnel.edge.connections", code), Is.EqualTo(1));
            Assert.That(edge.Metrics.Sum("mcptunnel.edge.streams.failed", code), Is.EqualTo(1));
        }

        first.Dispose();
        await stream.DisposeAsync();
        await Eventually.ThatAsync(() => edge.Metrics.Sum("mcptunnel.edge.streams.closed") == 1, "the first one ends, and its places are free");
        var (third, _) = await Agents.OpenAsync(edge, link);
        third.Dispose();
    }

    /// <summary>The first bytes that a connection to the API gets.</summary>
    private static async Task<byte[]> AnswerAsync(EdgeFixture edge)
    {
        using var socket = await edge.ConnectAsync();
        await socket.SendAsync(await Agents.HelloAsync(EdgeFixture.Domain));
        var answer = new byte[InternalError.Length];
        var received = await Eventually.ResultAsync(socket.ReceiveAsync(answer));
        return answer[..received];
    }

    private static async Task<List<Socket>> ConnectAsync(EdgeFixture edge, int count)
    {
        var sockets = new List<Socket>();
        for (var i = 0; i < count; i++)
        {
            sockets.Add(await edge.ConnectAsync());
        }

        return sockets;
    }

    /// <summary>The connection is reset: while it is made, or at once after.</summary>
    private static async Task ExpectResetAsync(EdgeFixture edge)
    {
        var exception = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using var socket = await edge.ConnectAsync();
            await Eventually.ResultAsync(socket.ReceiveAsync(new byte[1]));
        });
        Assert.That(exception!.SocketErrorCode, Is.EqualTo(SocketError.ConnectionReset));
    }

    /// <summary>The ones before still wait for their ClientHello.</summary>
    private static void ExpectOpen(List<Socket> sockets)
    {
        Assert.That(sockets.Select(socket => socket.Poll(0, SelectMode.SelectRead)), Is.All.False);
        sockets.ForEach(socket => socket.Dispose());
    }
}
