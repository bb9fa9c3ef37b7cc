using System.Globalization;
using System.Net;
using System.Net.Quic;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using McpTunnel.Transport.Dialing;
using McpTunnel.Transport.Handshake;

namespace McpTunnel.Transport.Quic;

/// <summary>
/// Dials links of the quic carrier: UDP to the edge's port, TLS 1.3 inside QUIC with the link certificate. Never through a proxy, which would have to pass
/// on UDP. Thread-safe; one dialer serves all links of a client.
/// </summary>
public sealed class QuicLinkDialer(LinkDialOptions options, TimeProvider time) : ILinkDialer
{
    /// <summary>How long the hello waits for the edge to say that it is ready. 1 s: several round trips of a long way, so that the word may be lost once.</summary>
    internal static readonly TimeSpan ReadyPatience = TimeSpan.FromSeconds(1);

    public Carrier Carrier => Carrier.Quic;

    /// <inheritdoc/>
    public async Task<ILink> DialAsync(LinkHello hello, CancellationToken cancellationToken)
    {
        if (!QuicCarrier.IsSupported(out var reason))
        {
            throw new LinkConnectException(reason);
        }

        if (options.ProxyAddress is { } proxy)
        {
            throw new LinkConnectException($"{options.Edge.Authority}: QUIC does not pass the proxy {proxy.Authority}. Links use another carrier where there is one.");
        }

        var connection = new QuicLinkConnection(await ConnectAsync(cancellationToken), isEdge: false, options.Link.MaxStreams, time);
        connection.Start();
        await WaitUntilReadyAsync(connection, cancellationToken);
        return await ClientHandshake.RunAsync(connection, Carrier, hello, options.Link, cancellationToken);
    }

    private async Task<QuicConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        var certificates = new PeerCertificates(options);
        using var limit = new CancellationTokenSource(options.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var connecting = QuicConnection.ConnectAsync(ConnectionOptions(certificates), either.Token).AsTask();
            try
            {
                return await connecting.WaitAsync(either.Token);
            }
            catch (OperationCanceledException)
            {
                // It says goodbye to a peer that may not be there, for seconds; nobody needs to wait for that.
                _ = LetGoAsync(connecting);
                throw;
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw NotInTime(e);
        }
        catch (Exception e) when (e is QuicException or SocketException or AuthenticationException)
        {
            throw new DialErrors(options, certificates, proxy: null).ExplainRefused(e) ?? Explain(e);
        }
    }

    private async Task WaitUntilReadyAsync(QuicLinkConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAny(connection.PeerReady, connection.Closed).WaitAsync(ReadyPatience, time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // An edge that does not say it may be there all the same; who has no time left hears it from the handshake.
        }
    }

    private static async Task LetGoAsync(Task<QuicConnection> connecting)
    {
        try
        {
            await (await connecting).DisposeAsync();
        }
        catch (Exception e) when (QuicErrors.IsFailure(e))
        {
            // As it should be.
        }
    }

    private QuicClientConnectionOptions ConnectionOptions(PeerCertificates certificates)
    {
        var connection = new QuicClientConnectionOptions
        {
            RemoteEndPoint = options.ConnectTo ?? new DnsEndPoint(options.Edge.IdnHost, options.Edge.Port),
            ClientAuthenticationOptions = Tls(certificates),
            MaxInboundBidirectionalStreams = Math.Min(options.Link.MaxStreams, QuicCarrier.MaxStreams),
        };
        QuicCarrier.Configure(connection, options.Link);
        connection.MaxInboundUnidirectionalStreams = 1;
        connection.HandshakeTimeout = options.ConnectTimeout;
        return connection;
    }

    private SslClientAuthenticationOptions Tls(PeerCertificates certificates) => new()
    {
        // As SNI too, unless it is an address (RFC 6066 section 3).
        TargetHost = options.Edge.IdnHost,
        ApplicationProtocols = QuicCarrier.Protocols,
        ClientCertificateContext = SslStreamCertificateContext.Create(options.Certificate!, additionalCertificates: null, offline: true),
        CertificateChainPolicy = ServerTrust.PolicyFor(options.TrustedAuthorities),
        RemoteCertificateValidationCallback = certificates.Judge,
    };

    private LinkConnectException NotInTime(Exception e) => new(
        $"{options.Edge.Authority}: no QUIC connection within {options.ConnectTimeout.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s. Is outbound UDP {options.Edge.Port} open from here, and do packets of 1,288 bytes pass?", e)
    { Fault = LinkConnectFault.Unreachable };

    private LinkConnectException Explain(Exception error)
    {
        var (fault, text) = error switch
        {
            SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData } =>
                (LinkConnectFault.NameNotResolved, "the name does not resolve. Check the edge's address and this machine's DNS."),
            SocketException { SocketErrorCode: SocketError.HostUnreachable or SocketError.ConnectionRefused or SocketError.NetworkUnreachable } => (
                LinkConnectFault.Unreachable, $"nothing takes QUIC at UDP port {options.Edge.Port} there, or no way leads to it: a host or a router on the way said so at once (ICMP)."),
            SocketException socket => (LinkConnectFault.Unreachable, $"no QUIC connection: {socket.Message}."),
            QuicException { QuicError: QuicError.ConnectionTimeout or QuicError.ConnectionIdle } => (LinkConnectFault.Unreachable, $"nothing answered over QUIC. Is outbound UDP {options.Edge.Port} open from here?"),
            QuicException { QuicError: QuicError.ConnectionRefused } =>
                (LinkConnectFault.Unreachable, "the QUIC connection was refused. The edge may take no QUIC links, or be over its limits for now."),
            QuicException quic => (LinkConnectFault.Unreachable, $"no QUIC connection: {quic.Message}"),
            _ => (LinkConnectFault.TlsFailed, $"TLS failed: {QuicErrors.Explain(error)}"),
        };
        return new LinkConnectException($"{options.Edge.Authority}: {text}", error) { Fault = fault };
    }
}
