using System.Net;
using System.Net.Quic;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;
using McpTunnel.Transport.Quic;
using McpTunnel.Transport.Tls;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.IntegrationTests.Transport.Quic;

/// <summary>An edge's QUIC listener on a real UDP port of loopback, with a judgement of the test's choice.</summary>
internal sealed class QuicCarrierFixture : IAsyncDisposable
{
    private readonly X509Certificate2 _serverCertificate;
    private readonly X509Certificate2 _linkCertificate = LinkPair.NewCertificate();
    private readonly CancellationTokenSource _stopping = new();

    private QuicCarrierFixture(X509Certificate2 serverCertificate, AcceptingAuthorizer authorizer, OpenAdmission admission)
    {
        _serverCertificate = serverCertificate;
        Authorizer = authorizer;
        Admission = admission;
    }

    public AcceptingAuthorizer Authorizer { get; }

    public OpenAdmission Admission { get; }

    public QuicLinkListener Listener { get; private set; } = null!;

    public static async Task<QuicCarrierFixture> StartAsync(
        Func<LinkRequest, LinkDecision>? decide = null, LinkOptions? options = null, Action<ILink>? onWelcomed = null, int admitted = 100_000)
    {
        Requires.Quic();
        var fixture = new QuicCarrierFixture(NewServerCertificate(), new AcceptingAuthorizer(decide) { OnWelcomed = onWelcomed }, new OpenAdmission(admitted));
        fixture.Listener = await QuicLinkListener.StartAsync(
            new QuicLinkListenerOptions
            {
                EndPoint = new IPEndPoint(IPAddress.Loopback, 0),
                Server = new LinkServerOptions("edge-test", options ?? new LinkOptions(), fixture._stopping.Token),
                Authorizer = fixture.Authorizer,
                ChooseTls = fixture.ChooseTls,
                Admission = fixture.Admission,
            },
            TimeProvider.System,
            NullLogger.Instance,
            CancellationToken.None);
        return fixture;
    }

    /// <summary>Both ends of a link over this carrier, with an edge of their own.</summary>
    public static async Task<LinkPair> CreatePairAsync(LinkOptions? options = null, Action<ILink>? onWelcomed = null, LinkOptions? clientOptions = null)
    {
        var fixture = await StartAsync(options: options, onWelcomed: onWelcomed);
        var client = await fixture.Dialer(clientOptions ?? options).DialAsync(LinkPair.Hello(), CancellationToken.None);
        return new LinkPair(await fixture.Authorizer.FirstLink, client, fixture);
    }

    public QuicLinkDialer Dialer(LinkOptions? options = null, Func<LinkDialOptions, LinkDialOptions>? change = null, TimeProvider? time = null)
    {
        var dial = new LinkDialOptions
        {
            Edge = new Uri($"https://link.tunnel.test:{Listener.EndPoint.Port}"),
            Certificate = _linkCertificate,
            TrustedAuthorities = [_serverCertificate],
            ConnectTo = Listener.EndPoint,
            Link = options ?? new LinkOptions(),
        };
        return new QuicLinkDialer(change?.Invoke(dial) ?? dial, time ?? TimeProvider.System);
    }

    /// <summary>A listener that a test has to itself: whoever dials it talks to the test.</summary>
    public ValueTask<QuicListener> ListenRawAsync() => QuicListener.ListenAsync(new QuicListenerOptions
    {
        ListenEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
        ApplicationProtocols = [new SslApplicationProtocol(QuicCarrier.Protocol)],
        ConnectionOptionsCallback = (_, hello, _) =>
        {
            var tls = ChooseTls(hello.ServerName)!;
            tls.ApplicationProtocols = [new SslApplicationProtocol(QuicCarrier.Protocol)];
            return ValueTask.FromResult(new QuicServerConnectionOptions { ServerAuthenticationOptions = tls, DefaultCloseErrorCode = 0, DefaultStreamErrorCode = 1 });
        },
    });

    /// <summary>A connection to the edge that a test has to itself, with the right certificate and nothing said yet.</summary>
    public ValueTask<QuicConnection> ConnectRawAsync(CancellationToken cancellationToken, int readyStreams = 1) => QuicConnection.ConnectAsync(
        new QuicClientConnectionOptions
        {
            RemoteEndPoint = Listener.EndPoint,
            ClientAuthenticationOptions = new SslClientAuthenticationOptions
            {
                TargetHost = "link.tunnel.test",
                ApplicationProtocols = [new SslApplicationProtocol(QuicCarrier.Protocol)],
                ClientCertificates = [_linkCertificate],
                RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is X509Certificate2 shown && shown.Equals(_serverCertificate),
            },
            MaxInboundUnidirectionalStreams = readyStreams,
            DefaultCloseErrorCode = 0,
            DefaultStreamErrorCode = 1,
        },
        cancellationToken);

    public void Stop() => _stopping.Cancel();

    public async ValueTask DisposeAsync()
    {
        await Listener.DisposeAsync();
        _serverCertificate.Dispose();
        _linkCertificate.Dispose();
        _stopping.Dispose();
    }

    private SslServerAuthenticationOptions? ChooseTls(string name) => name is "" or "link.tunnel.test"
        ? new SslServerAuthenticationOptions
        {
            ServerCertificate = _serverCertificate,
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is X509Certificate2 shown && shown.Equals(_linkCertificate),
        }
        : null;

    private static X509Certificate2 NewServerCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=link.tunnel.test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("link.tunnel.test");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddHours(1));
    }
}
