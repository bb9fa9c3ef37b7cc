using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Verification;
using McpTunnel.Client.Enrolment;
using McpTunnel.IntegrationTests.Transport.Quic;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using McpTunnel.Transport.Quic;
using McpTunnel.Transport.Tls;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.IntegrationTests.Transport;

/// <summary>Handshakes depend on the two who make them and nobody else: certificates that point elsewhere.</summary>
[CancelAfter(120_000)]
public sealed class OfflineHandshakeTests
{
    private const string Name = "link.tunnel.test";

    [Test]
    public async Task F32_no_certificate_makes_anybody_fetch_its_issuer(CancellationToken cancellationToken)
    {
        using var elsewhere = new SilentAuthority(Name);
        using var server = new TlsServer(elsewhere.Leaf);
        using var link = LinkPair.NewCertificate();
        await using var edge = await EdgeFixture.StartAsync();

        var alone = new SslClientAuthenticationOptions { CertificateChainPolicy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, UrlRetrievalTimeout = TimeSpan.FromSeconds(1) } };
        await Assert.ThatAsync(() => HandshakeAsync(server.EndPoint, Name, alone, cancellationToken), Throws.InstanceOf<AuthenticationException>());
        var byTheFramework = elsewhere.Fetches;

        foreach (var trusted in new X509Certificate2Collection?[] { null, edge.Authorities })
        {
            var dial = new LinkDialOptions { Edge = new Uri($"https://{Name}"), Certificate = link, TrustedAuthorities = trusted, ConnectTo = server.EndPoint };
            await Assert.ThatAsync(() => new TlsLinkDialer(dial, TimeProvider.System).DialAsync(LinkPair.Hello(), cancellationToken), Throws.InstanceOf<LinkConnectException>());
            using var http = new HttpClient(EdgeHandler.Create(trusted, server.EndPoint));
            await Assert.ThatAsync(() => http.GetAsync(new Uri($"https://{Name}"), cancellationToken), Throws.InstanceOf<HttpRequestException>());
        }

        var toTheEdge = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = edge.TrustPolicy(),
            ClientCertificateContext = SslStreamCertificateContext.Create(elsewhere.Leaf, null, offline: true),
        };
        await Assert.ThatAsync(() => HandshakeAsync(edge.EndPoint, $"link.{EdgeFixture.Domain}", toTheEdge, cancellationToken), Throws.InstanceOf<IOException>().Or.InstanceOf<AuthenticationException>());
        using var verifier = new LinkCertificateVerifier(edge.Authorities, TimeProvider.System);
        Assert.That(verifier.Verify(elsewhere.Leaf).Fault, Is.Not.Null);

        Assert.That(byTheFramework, Is.Positive, "the framework left alone fetches, so that a fetch would be seen");
        Assert.That(elsewhere.Fetches, Is.EqualTo(byTheFramework), "nobody else does");
    }

    [Test]
    [Category("Quic")]
    public async Task F32_no_certificate_makes_anybody_fetch_its_issuer_over_quic(CancellationToken cancellationToken)
    {
        Requires.Quic();
        using var elsewhere = new SilentAuthority(Name);
        using var link = LinkPair.NewCertificate();
        await using var edge = await EdgeFixture.StartAsync();
        await using var server = await QuicLinkListener.StartAsync(
            new QuicLinkListenerOptions
            {
                EndPoint = new IPEndPoint(IPAddress.Loopback, 0),
                Server = new LinkServerOptions("elsewhere", new LinkOptions(), CancellationToken.None),
                Authorizer = new AcceptingAuthorizer(),
                ChooseTls = _ => new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(elsewhere.Leaf, null, offline: true) },
                Admission = new OpenAdmission(100),
            },
            TimeProvider.System,
            NullLogger.Instance,
            cancellationToken);

        foreach (var trusted in new X509Certificate2Collection?[] { null, edge.Authorities })
        {
            var dial = new LinkDialOptions { Edge = new Uri($"https://{Name}"), Certificate = link, TrustedAuthorities = trusted, ConnectTo = server.EndPoint };
            await Assert.ThatAsync(
                () => new QuicLinkDialer(dial, TimeProvider.System).DialAsync(LinkPair.Hello(), cancellationToken),
                Throws.InstanceOf<LinkConnectException>().With.Property(nameof(LinkConnectException.Fault)).AnyOf(LinkConnectFault.CertificateNotTrusted, LinkConnectFault.Intercepted));
        }

        await Assert.ThatAsync(() => edge.DialAsync(carrier: Carrier.Quic, change: dial => dial with { Certificate = elsewhere.Leaf }), Throws.InstanceOf<LinkConnectException>());

        Assert.That(elsewhere.Fetches, Is.Zero);
    }

    /// <summary>Reads on after the handshake: with TLS 1.3 a refused client certificate shows only then.</summary>
    private static async Task HandshakeAsync(EndPoint endPoint, string name, SslClientAuthenticationOptions options, CancellationToken cancellationToken)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(endPoint, cancellationToken);
        await using var tls = new SslStream(new NetworkStream(socket));
        options.TargetHost = name;
        await tls.AuthenticateAsClientAsync(options, cancellationToken);
        if (await tls.ReadAsync(new byte[1], cancellationToken) == 0)
        {
            throw new IOException("The server closed the connection.");
        }
    }

    /// <summary>Ends TLS with one certificate, and asks for the client's as an edge does.</summary>
    private sealed class TlsServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly SslStreamCertificateContext _context;

        public TlsServer(X509Certificate2 certificate)
        {
            _context = SslStreamCertificateContext.Create(certificate, null, offline: true);
            _listener.Start();
            _ = ServeAsync();
        }

        public EndPoint EndPoint => _listener.LocalEndpoint;

        public void Dispose() => _listener.Stop();

        private async Task ServeAsync()
        {
            try
            {
                while (true)
                {
                    var socket = await _listener.AcceptSocketAsync();
                    _ = HandshakeAsync(socket);
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // Stopped.
            }
        }

        private async Task HandshakeAsync(Socket socket)
        {
            await using var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            try
            {
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = _context,
                    ClientCertificateRequired = true,
                    RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
                });
                await tls.CopyToAsync(Stream.Null);
            }
            catch (Exception exception) when (exception is IOException or AuthenticationException)
            {
                // The client thinks nothing of this server's certificate.
            }
        }
    }
}
