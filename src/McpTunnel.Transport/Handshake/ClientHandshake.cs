using System.Globalization;
using System.Net.Sockets;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Control;
using McpTunnel.Protocol.Control.Messages;
using McpTunnel.Protocol.Yamux;
using McpTunnel.Transport.Links;
using McpTunnel.Transport.Multiplexing;

namespace McpTunnel.Transport.Handshake;

/// <summary>The client's side of a link's beginning.</summary>
internal static class ClientHandshake
{
    /// <summary>
    /// What an edge may ask of this side's liveness. Below, every pause of a network would end the link, and the text would blame the network; above, a dead one would keep its agents for as long. The
    /// defaults are 5 s and 14 s.
    /// </summary>
    private static readonly TimeSpan LeastDeadAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostDeadAfter = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LeastPingAfter = TimeSpan.FromMilliseconds(50);

    /// <summary>Asks for a link over a carrier's fresh bytes. Whatever fails, they are disposed.</summary>
    /// <exception cref="LinkRefusedException">The edge said no.</exception>
    /// <exception cref="LinkConnectException">The edge did not answer in time, or not with an answer.</exception>
    public static Task<Link> RunAsync(
        Stream bytes, Carrier carrier, LinkHello hello, LinkOptions options, TimeProvider time, CancellationToken cancellationToken,
        Socket? socket = null)
    {
        var connection = new MuxConnection(bytes, YamuxRole.Client, new YamuxOptions { MaxInboundStreams = options.MaxStreams }, time) { Socket = socket, Buffers = options.Buffers, HoldStreams = true };
        connection.Start();
        return RunAsync(connection, carrier, hello, options, cancellationToken);
    }

    /// <summary>Asks for a link over a carrier's fresh connection. Whatever fails, it is ended.</summary>
    /// <exception cref="LinkRefusedException">The edge said no.</exception>
    /// <exception cref="LinkConnectException">The edge did not answer in time, or not with an answer.</exception>
    public static async Task<Link> RunAsync(
        ILinkConnection connection, Carrier carrier, LinkHello hello, LinkOptions options, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.HandshakeTimeout, connection.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var control = new ControlChannel(connection.TryOpen() ?? throw new IOException("The carrier was closed at once."));
            await control.SendAsync(
                new HelloMessage(
                    ControlVersion.Highest, hello.TunnelId, hello.Token, hello.Instance, hello.LinkIndex, hello.Generation, carrier.WireName(), hello.Software,
                    [.. hello.Servers.Select(name => new AnnouncedServer(name))]),
                either.Token);
            var welcome = await control.ReadAsync(either.Token) switch
            {
                WelcomeMessage accepted => accepted,
                RefusedMessage refused => throw new LinkRefusedException(refused.Code, refused.Retryable, refused.RetryAfter, refused.Detail),
                null => throw new LinkConnectException("The edge closed the link before it answered the hello."),
                var other => throw new LinkConnectException($"The edge answered the hello with '{other.Type}' in place of a welcome."),
            };
            RequireSensible(welcome.Keepalive);
            var identity = new LinkIdentity(welcome.Link, hello.TunnelId, hello.Instance, hello.LinkIndex, hello.Generation, welcome.Node);
            var agreed = options with { PingAfter = welcome.Keepalive.PingAfter, DeadAfter = welcome.Keepalive.DeadAfter };
            var link = new Link(connection, control, carrier, identity, agreed, isEdge: false, hello.Servers) { Domain = welcome.Domain, OtherNodes = welcome.OtherNodes };
            link.Start();
            return link;
        }
        catch (Exception e)
        {
            connection.Abort(new LinkClosure(TunnelCode.TransportError, e.Message, ByPeer: true));
            switch (e)
            {
                case OperationCanceledException when !cancellationToken.IsCancellationRequested:
                    throw new LinkConnectException($"The edge did not answer the hello within {options.HandshakeTimeout.TotalSeconds:0} s.", e);
                case IOException and not (LinkRefusedException or LinkConnectException):
                    // Whoever noticed first knows why; what a stream says is only that it is over.
                    var closure = await connection.Closed;
                    throw new LinkConnectException($"The link broke during the handshake: {closure.Detail}", e);
                default:
                    throw;
            }
        }
    }

    private static void RequireSensible(Keepalive keepalive)
    {
        if (keepalive.DeadAfter < LeastDeadAfter || keepalive.DeadAfter > MostDeadAfter || keepalive.PingAfter < LeastPingAfter)
        {
            throw new LinkConnectException(string.Create(
                CultureInfo.InvariantCulture,
                $"The edge's welcome asks for a ping after {keepalive.PingAfter.TotalMilliseconds:0} ms of silence and for the end of the link after {keepalive.DeadAfter.TotalMilliseconds:0} ms. A client takes {LeastPingAfter.TotalMilliseconds:0} ms or more for the first, and {LeastDeadAfter.TotalMilliseconds:0} to {MostDeadAfter.TotalMilliseconds:0} ms for the second. Is this an edge of this program?"));
        }
    }
}
