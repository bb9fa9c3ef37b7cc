using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates;
using McpTunnel.Client.Hosting;
using McpTunnel.Client.Routing;
using McpTunnel.Transport;
using McpTunnel.Transport.Dialing;

namespace McpTunnel.Client.SelfCalls;

/// <summary>
/// Calls a server of this client by its public name, at the address and through the proxy that its links use, with one certificate accepted and no other: its own. The boundary answers by
/// itself, so no upstream hears of it. Thread-safe.
/// </summary>
/// <param name="way">How to get to the node of a link.</param>
/// <param name="routes">The servers; any will do.</param>
/// <param name="certificates">The certificates in force.</param>
/// <param name="book">Where the boundary notes what arrives.</param>
/// <param name="patience">A call that takes longer has failed.</param>
/// <param name="time">The clock.</param>
internal sealed class SelfCaller(
    Func<ILink, CancellationToken, Task<SelfCallWay>> way, RoutingTableHolder routes, Func<CertificateSet> certificates, SelfCallBook book, TimeSpan patience, TimeProvider time) : ISelfCaller
{
    public async Task<SelfCallOutcome> CallAsync(ILink link, CancellationToken cancellationToken)
    {
        var server = routes.Current.Servers[0].Address;
        var started = time.GetTimestamp();
        var stage = new Stage();
        using var entry = book.Begin();
        using var limit = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        HttpMessageInvoker? connection = null;
        SelfCallWay? to = null;
        try
        {
            to = await way(link, either.Token);
            connection = new HttpMessageInvoker(NewHandler(to, server, stage));
            using var request = NewRequest(to, server, entry.Number);
            using var response = await connection.SendAsync(request, either.Token);
            to.ProxyAnswered?.Invoke(null);
            return entry.Link is { } arrived
                ? new SelfCallOutcome(SelfCallResult.Served, arrived, "", time.GetElapsedTime(started), connection)
                : new SelfCallOutcome(SelfCallResult.Elsewhere, null, "another instance of this tunnel answered", time.GetElapsedTime(started), connection);
        }
        catch (Exception e) when (e is HttpRequestException or CertificateException or LinkConnectException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            connection?.Dispose();
            var (result, detail) = Explain(stage, e, server.Authority);
            to?.ProxyAnswered?.Invoke(e is HttpRequestException { StatusCode: HttpStatusCode.ProxyAuthenticationRequired } ? detail + "." : null);
            return new SelfCallOutcome(result, null, detail, time.GetElapsedTime(started));
        }
        catch
        {
            connection?.Dispose();
            throw;
        }
    }

    private SocketsHttpHandler NewHandler(SelfCallWay to, ServerAddress server, Stage stage)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = to.Proxy is not null,
            Proxy = to.Proxy,
            SslOptions = new SslClientAuthenticationOptions
            {
                // A session that is taken up again shows no certificate.
                AllowTlsResume = false,
                CertificateChainPolicy = ServerTrust.PolicyFor(to.Authorities),

                // A proxy that is spoken to over TLS shows its own certificate first, and under its own name.
                RemoteCertificateValidationCallback = (sender, shown, chain, errors) => IsInner((SslStream)sender, server)
                    ? stage.Shown(shown, certificates().ByHost.GetValueOrDefault(server.Host)?.Source.Certificate)
                    : stage.ShownByProxy(ServerTrust.IsGoodForProxy(shown, chain, errors), errors),
            },
        };

        // Through a proxy nothing tells how far the connection has come; one that it refuses ends with an error.
        stage.Connected = to.Proxy is not null;
        if (to.Proxy is null)
        {
            handler.ConnectCallback = async (context, cancellationToken) =>
            {
                var target = to.Address ?? context.DnsEndPoint;

                // One family for a literal: a socket for both would name IPv4 addresses as ::ffff:… in its errors.
                var socket = target is IPEndPoint { AddressFamily: var family } ? new Socket(family, SocketType.Stream, ProtocolType.Tcp) : new Socket(SocketType.Stream, ProtocolType.Tcp);
                socket.NoDelay = true;
                try
                {
                    await socket.ConnectAsync(target, cancellationToken);
                    stage.Connected = true;
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }

        return handler;
    }

    private static bool IsInner(SslStream stream, ServerAddress server) => string.Equals(stream.TargetHostName, server.Host, StringComparison.OrdinalIgnoreCase);

    /// <summary>With the server's name as Host, the framework asks for that name in TLS, wherever the connection goes.</summary>
    private static HttpRequestMessage NewRequest(SelfCallWay to, ServerAddress server, string number)
    {
        var request = new HttpRequestMessage(HttpMethod.Trace, to.Authority) { Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Headers.Host = server.Authority;
        request.Headers.Add(SelfCallMiddleware.Header, number);
        return request;
    }

    private (SelfCallResult Result, string Detail) Explain(Stage stage, Exception error, string server)
    {
        var what = error is OperationCanceledException ? $"within {patience.TotalSeconds:0.#} s" : $"({error.GetBaseException().Message.TrimEnd('.')})";
        return stage switch
        {
            { ProxyProblem: { } problem } => (SelfCallResult.NoConnection, $"no connection for {server} to the edge: the own certificate of the proxy on the way is not trusted ({problem})"),
            { Other: { } other } => (SelfCallResult.OtherCertificate, $"whoever answered for {server} showed another certificate than this client's: {other}. Another instance of this tunnel has one of its own, or somebody ends TLS on the way"),
            { IsOwn: true } => (SelfCallResult.NoAnswer, $"a connection for {server} came to this client and its TLS, and the boundary did not answer {what}"),
            _ when error is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.ProxyTunnelError } =>
                (SelfCallResult.NoConnection, $"no connection for {server} to the edge {what}"),
            _ when error is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
                (SelfCallResult.Silent, $"the edge took a connection for {server}, and ended it before TLS came about {what}"),
            { Connected: true } => (
                SelfCallResult.Silent,
                $"the edge took a connection for {server}, and nothing came back from beyond it {what}: it does not pass connections on, links carry no streams, or something on the way lets no name pass but the edge's own"),
            _ => (SelfCallResult.NoConnection, $"no connection for {server} to the edge {what}"),
        };
    }

    /// <summary>How far a call has come.</summary>
    private sealed class Stage
    {
        public bool Connected { get; set; }

        public bool IsOwn { get; private set; }

        /// <summary>The certificate shown that is not this client's.</summary>
        public string? Other { get; private set; }

        /// <summary>What was wrong with the certificate that a proxy showed for itself.</summary>
        public SslPolicyErrors? ProxyProblem { get; private set; }

        public bool ShownByProxy(bool isGood, SslPolicyErrors errors)
        {
            ProxyProblem = isGood ? null : errors;
            return isGood;
        }

        public bool Shown(X509Certificate? shown, X509Certificate2? own)
        {
            IsOwn = shown is not null && own is not null && shown.GetRawCertData().AsSpan().SequenceEqual(own.RawDataMemory.Span);
            Other = IsOwn || shown is null ? null : $"SHA-256 {shown.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256)}";
            return IsOwn;
        }
    }
}
