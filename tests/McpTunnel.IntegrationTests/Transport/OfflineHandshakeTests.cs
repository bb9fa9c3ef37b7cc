using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Verification;
using McpTunnel.Client.Enrolment;
using McpTunnel.TestKit.Edges;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using McpTunnel.Transport.Tls;

namespace McpTunnel.IntegrationTests.Transport;

/// <summary>Handshakes depend on the two who make them and nobody else: certificates that point elsewhere, and certificates that change.</summary>
[CancelAfter(120_000)]
public sealed class OfflineHandshakeTests
{
    private const string Name = "link.tunnel.test";

    [Test]
    public async Task F32_no_certificate_makes_anybody_fetch_its_issuer(CancellationToken cancellationToken)
    {
        using var elsewhere = new FetchedAuthority();
        using var server = new TlsServer(elsewhere.Leaf);
        using var link = LinkPair.NewCertificate();
        await using var edge = await EdgeFixture.StartAsync();

        await Assert.ThatAsync(() => HandshakeAsync(server.EndPoint, Name, new SslClientAuthenticationOptions(), cancellationToken), Throws.InstanceOf<AuthenticationException>());
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
    public async Task F32_links_come_up_while_the_certificate_is_replaced_again_and_again(CancellationToken cancellationToken)
    {
        const int dials = 100;
        await using var edge = await EdgeFixture.StartAsync();
        using var authority = ServerCa.CreateForEdge(EdgeFixture.Domain, TimeProvider.System);
        await edge.ReplaceCertificateAsync(authority);
        var done = 0;
        var swapping = Task.Run(
            async () =>
            {
                var swaps = 0;
                for (; Volatile.Read(ref done) < dials; swaps++)
                {
                    await edge.ReplaceCertificateAsync(authority);
                }

                return swaps;
            },
            cancellationToken);

        var links = await Task.WhenAll(Enumerable.Range(0, 4).Select(async client =>
        {
            var states = new List<LinkState>();
            for (var i = 0; i < dials / 4; i++)
            {
                await using var link = await edge.DialAsync(
                    edge.Hello(instance: $"client-{client}"), change: dial => dial with { TrustedAuthorities = new X509Certificate2Collection(authority.Certificate) });
                states.Add(link.State);
                Interlocked.Increment(ref done);
            }

            return states;
        }));

        Assert.That(links.SelectMany(states => states), Is.All.EqualTo(LinkState.Active));
        Assert.That(await swapping, Is.GreaterThan(4), "it was replaced under them");
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

    /// <summary>A certificate whose issuer is not in the handshake, and says that it can be had over HTTP; counts who asks.</summary>
    private sealed class FetchedAuthority : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private int _fetches;

        public FetchedAuthority()
        {
            _listener.Start();
            Leaf = Issue(new Uri($"http://{_listener.LocalEndpoint}/issuer.cer"));
            _ = CountAsync();
        }

        public X509Certificate2 Leaf { get; }

        public int Fetches => Volatile.Read(ref _fetches);

        public void Dispose()
        {
            _listener.Stop();
            Leaf.Dispose();
        }

        private static X509Certificate2 Issue(Uri issuer)
        {
            var now = TimeProvider.System.GetUtcNow();
            using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var caRequest = new CertificateRequest("CN=Elsewhere", caKey, HashAlgorithmName.SHA256);
            caRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            using var ca = caRequest.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=leaf", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(Name);
            request.CertificateExtensions.Add(names.Build());
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(ocspUris: null, [issuer.AbsoluteUri]));
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
            using var certificate = request.Create(ca, now.AddHours(-1), now.AddDays(1), RandomNumberGenerator.GetBytes(16));
            return certificate.CopyWithPrivateKey(key);
        }

        private async Task CountAsync()
        {
            try
            {
                while (true)
                {
                    using var socket = await _listener.AcceptSocketAsync();
                    Interlocked.Increment(ref _fetches);
                    await socket.SendAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // Stopped.
            }
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
