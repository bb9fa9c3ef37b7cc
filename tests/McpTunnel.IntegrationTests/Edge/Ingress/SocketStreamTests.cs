using System.Net;
using System.Net.Sockets;
using McpTunnel.Edge.Ingress;
using McpTunnel.Edge.Ingress.OwnNames;
using McpTunnel.TestKit;
using Microsoft.AspNetCore.Connections;

namespace McpTunnel.IntegrationTests.Edge.Ingress;

[CancelAfter(60_000)]
public sealed class SocketStreamTests
{
    private const int Sent = 64 * 1024;

    /// <summary>The thread that a link runs on is one of a few that all sockets of the edge wait for.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task Peer_that_has_always_more_to_read_does_not_keep_the_thread_of_its_reader(bool isLink)
    {
        var (peer, socket) = await ConnectAsync();
        using var sending = peer;
        using var receiving = socket;
        var stream = new SocketStream(socket, [], 0, () => { }) { RunsInline = isLink };
        await peer.SendAsync(new byte[Sent]);
        await Eventually.ThatAsync(() => socket.Available == Sent, "all of it can be read without a wait");

        var buffer = new byte[Sent / 16];
        var (inARow, most, waits) = (0, 0, 0);
        for (var received = 0; received < Sent;)
        {
            var reading = stream.ReadAsync(buffer);
            (inARow, waits) = reading.IsCompleted ? (inARow + 1, waits) : (0, waits + 1);
            most = Math.Max(most, inARow);
            received += await reading;
        }

        Assert.That(waits, Is.EqualTo(4), "one in each four of 16 reads");
        Assert.That(most, Is.EqualTo(3));
    }

    [Test]
    public async Task Write_to_a_peer_that_reset_fails_on_a_link_and_is_the_end_of_the_connection_for_HTTP()
    {
        var ended = 0;
        var (peer, socket) = await ConnectAsync();
        using var closing = socket;
        AgentSocket.Reset(peer);
        await Eventually.ThatAsync(() => AgentSocket.IsBroken(socket), "the reset is here");
        var stream = new SocketStream(socket, [], 0, () => ended++);

        await stream.WriteAsync(new byte[1]);
        await stream.WriteAsync(new byte[1]);
        Assert.That(ended, Is.EqualTo(2));

        stream.RunsInline = true;
        Assert.That(async () => await stream.WriteAsync(new byte[1]), Throws.InstanceOf<ConnectionResetException>());
    }

    private static async Task<(Socket Peer, Socket Socket)> ConnectAsync()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var peer = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await peer.ConnectAsync(listener.LocalEndPoint!);
        var socket = await listener.AcceptAsync();
        socket.Blocking = false;
        return (peer, socket);
    }
}
