using McpTunnel.Edge.Directory;
using McpTunnel.Edge.Handover;
using McpTunnel.Edge.Ingress;
using McpTunnel.Edge.Ingress.Quic;
using McpTunnel.Protocol.Codes;

namespace McpTunnel.Edge.Hosting;

/// <summary>How a node stops to take connections and tells its links to leave: for good, or to a process that has taken over.</summary>
internal sealed class Departure(
    EdgeNode node, EdgeResources resources, IngressServer ingress, ManagementGate management, QuicIngress quic, QuicAdmission quicAdmission, LinkDirectory directory, Farewell farewell)
{
    /// <summary>Time for an agent that has just connected to name its server: a few round trips.</summary>
    private static readonly TimeSpan HelloPatience = TimeSpan.FromSeconds(1);

    /// <summary>Links a second that a node takes on without strain: handshakes cost it about a millisecond each.</summary>
    private const int RegistrationsPerSecond = 250;

    /// <summary>No more connections here; nothing of it is noticed outside, since the successor has the same sockets. What fails keeps nothing else from being let go.</summary>
    public async Task LeaveToSuccessorAsync()
    {
        var stopping = Task.WhenAll(ingress.StopAcceptingAsync(), management.LeaveAsync());
        quicAdmission.Close();
        try
        {
            await stopping;
        }
        finally
        {
            resources.Sockets.Dispose();
            resources.Lock.Dispose();
        }
    }

    /// <summary>Tells the links, one after the other, and the successor when it can have the UDP ports.</summary>
    /// <param name="successor">The process that has taken over.</param>
    /// <param name="grace">How long streams may go on, counted from now.</param>
    /// <param name="end">Nothing runs any more.</param>
    public async Task SendLinksToAsync(HandoverChannel successor, TimeSpan grace, CancellationToken end)
    {
        await farewell.SayAsync(grace, end);
        node.BeginDrain();

        // And the one that came up in between.
        directory.DrainAll(TunnelCode.EdgeDraining, Farewell.Reason, TimeSpan.Zero, grace);
        _ = FreeUdpAsync(successor, end);
    }

    /// <summary>Serves who has connected already, and tells all links.</summary>
    /// <param name="grace">How long streams may go on, counted from now.</param>
    public async Task SendLinksAwayAsync(TimeSpan grace)
    {
        node.BeginLeaving();
        await ingress.FinishAcceptingAsync(AtMost(HelloPatience));
        node.BeginDrain();
        await quic.StopAcceptingAsync();

        // Enough for the other nodes to take the clients on.
        var spread = AtMost(TimeSpan.FromSeconds((double)directory.Count / RegistrationsPerSecond));
        directory.DrainAll(TunnelCode.EdgeDraining, "The edge node is stopping.", spread, grace > spread ? grace - spread : TimeSpan.Zero);

        // No more of the grace than a quarter.
        TimeSpan AtMost(TimeSpan wanted) => wanted < grace / 4 ? wanted : grace / 4;
    }

    private async Task FreeUdpAsync(HandoverChannel successor, CancellationToken end)
    {
        await quic.StopWhenUnusedAsync(end);
        successor.TrySend(new HandoverMessage(HandoverMessage.UdpFree));
    }
}
