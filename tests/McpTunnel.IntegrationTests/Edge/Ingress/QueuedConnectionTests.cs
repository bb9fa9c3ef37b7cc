using System.Net;
using System.Net.Sockets;
using McpTunnel.Edge.Ingress;

namespace McpTunnel.IntegrationTests.Edge.Ingress;

[CancelAfter(60_000)]
public sealed class QueuedConnectionTests
{
    private const int Backlog = 4;

    [Test]
    public void F13_taking_what_is_queued_ends_though_somebody_connects_again_and_again()
    {
        using var listening = IngressSocket.Listen(new IPEndPoint(IPAddress.Loopback, 0), Backlog);
        var agents = new List<Socket> { Connect(listening) };
        var taken = 0;

        IngressSocket.TakeQueued(listening, Backlog, accepted =>
        {
            accepted.Dispose();
            if (++taken < 10 * Backlog)
            {
                agents.Add(Connect(listening));
            }
        });

        Assert.That(taken, Is.EqualTo(Backlog + 1), "as many as the kernel holds");
        agents.ForEach(agent => agent.Dispose());
    }

    [Test]
    public void Everything_that_is_queued_is_taken_and_nothing_is_waited_for()
    {
        using var listening = IngressSocket.Listen(new IPEndPoint(IPAddress.Loopback, 0), Backlog);
        var agents = Enumerable.Range(0, 3).Select(_ => Connect(listening)).ToList();
        var taken = new List<Socket>();

        IngressSocket.TakeQueued(listening, Backlog, taken.Add);

        Assert.That(taken, Has.Count.EqualTo(3));
        taken.Concat(agents).ToList().ForEach(socket => socket.Dispose());
    }

    private static Socket Connect(Socket listening)
    {
        var agent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        agent.Connect(listening.LocalEndPoint!);
        return agent;
    }
}
