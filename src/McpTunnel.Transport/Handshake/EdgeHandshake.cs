using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Control;
using McpTunnel.Protocol.Control.Messages;
using McpTunnel.Protocol.Yamux;
using McpTunnel.Transport.Links;
using McpTunnel.Transport.Multiplexing;

namespace McpTunnel.Transport.Handshake;

/// <summary>The edge's side of a link's beginning: hello → judgement → filed → welcome, or refused.</summary>
internal static class EdgeHandshake
{
    /// <summary>The client opens the control stream and no other.</summary>
    internal const int ClientStreams = 1;

    /// <summary>How long a refused client should stay away when its refusal may pass: enough to keep a broken one from spinning.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>How long a refused client may take to hear why.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    /// <summary>Runs the handshake over a carrier's fresh bytes; null when there is no link, with the client told why where it could be.</summary>
    public static Task<Link?> RunAsync(
        Stream bytes, Carrier carrier, X509Certificate2 certificate, string remoteAddress, string node, ILinkAuthorizer authorizer, LinkOptions options,
        TimeProvider time, CancellationToken cancellationToken, Socket? socket = null)
    {
        var connection = new MuxConnection(bytes, YamuxRole.Server, new YamuxOptions { MaxInboundStreams = ClientStreams }, time) { Socket = socket };
        connection.Start();
        return RunAsync(connection, carrier, certificate, remoteAddress, node, authorizer, options, cancellationToken);
    }

    /// <summary>Runs the handshake over a carrier's fresh connection; null when there is no link, with the client told why where it could be.</summary>
    public static async Task<Link?> RunAsync(
        ILinkConnection connection, Carrier carrier, X509Certificate2 certificate, string remoteAddress, string node, ILinkAuthorizer authorizer,
        LinkOptions options, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.HandshakeTimeout, connection.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        ControlChannel? control = null;
        LinkClosure? ended = null;
        var judged = false;
        try
        {
            if (await connection.AcceptAsync(either.Token) is not { } stream)
            {
                ended = await connection.Closed;
                throw new IOException(ended.Detail);
            }

            control = new ControlChannel(stream);
            if (await control.ReadAsync(either.Token) is not HelloMessage hello)
            {
                throw new ControlException(TunnelCode.HelloInvalid, "The first message on the control stream must be a hello.");
            }

            // Judging asks the registry, which may take its time: not on the thread that reads the carrier.
            await Task.Yield();
            if (!ControlVersion.TryNegotiate(hello, out var version))
            {
                throw new ControlException(
                    TunnelCode.VersionUnsupported, $"This edge speaks control versions {ControlVersion.Lowest} to {ControlVersion.Highest}. Upgrade the older side.");
            }

            var request = new LinkRequest(
                hello.Tunnel, hello.Token.Reveal(), hello.Instance, hello.LinkIndex, hello.Generation, hello.Software, certificate, remoteAddress);
            var decision = await authorizer.AuthorizeAsync(request, either.Token);
            judged = decision.Refusal is not null;
            ThrowIfRefused(decision);
            var identity = new LinkIdentity(NewLinkId(), hello.Tunnel, hello.Instance, hello.LinkIndex, hello.Generation, node);
            var link = new Link(connection, control, carrier, identity, options, isEdge: true, [.. hello.Servers.Select(server => server.Name)]);
            decision = authorizer.Register(link, request, decision);
            judged = true;
            ThrowIfRefused(decision);
            await link.WelcomeAsync(
                new WelcomeMessage(
                    version, identity.LinkId, node, decision.Domain!, new Keepalive(options.PingAfter, options.DeadAfter), new LinkLimits(options.MaxStreams), decision.OtherNodes),
                either.Token);
            link.Start();
            return link;
        }
        catch (Exception e)
        {
            var (code, detail) = e switch
            {
                // The only message read here is the hello.
                ControlException { Code: TunnelCode.ProtocolError } malformed => (TunnelCode.HelloInvalid, malformed.Message),
                ControlException refused => (refused.Code, refused.Message),
                OperationCanceledException when limit.IsCancellationRequested =>
                    (TunnelCode.HelloTimeout, $"No hello within {options.HandshakeTimeout.TotalSeconds:0} s."),
                OperationCanceledException => (TunnelCode.EdgeDraining, "The edge is stopping."),
                IOException when ended is not null => (ended.Code, ended.Detail),
                IOException => (TunnelCode.TransportError, e.Message),
                _ => (TunnelCode.InternalError, "The edge could not judge the hello; its log says why."),
            };
            if (!judged)
            {
                authorizer.Refused(remoteAddress, certificate, code, detail);
            }

            await RefuseAsync(connection, control, code, detail);
            if (code == TunnelCode.InternalError)
            {
                throw;
            }

            return null;
        }
    }

    private static void ThrowIfRefused(LinkDecision decision)
    {
        if (decision.Refusal is { } refusal)
        {
            throw new ControlException(refusal, decision.Detail);
        }
    }

    private static Task RefuseAsync(ILinkConnection connection, ControlChannel? control, TunnelCode code, string detail) =>
        connection.EndAsync(
            new LinkClosure(code, detail, ByPeer: false),
            limit => control?.SendAsync(RefusedMessage.For(code, detail, RetryAfterOf(code)), limit) ?? ValueTask.CompletedTask,
            LastWords);

    /// <summary>A node that leaves is not asked twice: another one takes the link at once, or the next process of this one.</summary>
    private static TimeSpan? RetryAfterOf(TunnelCode code) => code.Info().Retryable && code != TunnelCode.EdgeDraining ? RetryAfter : null;

    private static string NewLinkId() => $"lnk_{RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz234567", 16)}";
}
