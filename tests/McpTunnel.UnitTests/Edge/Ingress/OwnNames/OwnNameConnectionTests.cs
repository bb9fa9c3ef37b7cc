using System.Net;
using System.Net.Sockets;
using McpTunnel.Edge.Ingress.OwnNames;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Ingress.OwnNames;

public sealed class OwnNameConnectionTests
{
    [Test]
    public async Task Abort_gives_the_place_back_though_the_server_is_never_done_and_once_only()
    {
        var released = 0;
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var connection = new OwnNameConnection("cn_1", socket, [], 0, () => released++);

        connection.Abort();
        Assert.That((released, socket.SafeHandle.IsClosed), Is.EqualTo((1, true)));

        connection.Abort();
        await connection.DisposeAsync();
        Assert.That(released, Is.EqualTo(1));
    }
}
