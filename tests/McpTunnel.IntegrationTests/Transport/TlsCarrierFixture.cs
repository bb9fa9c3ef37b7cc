using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Protocol.ProxyProtocol;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;
using McpTunnel.Transport.Tls;
using McpTunnel.Transport.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace McpTunnel.IntegrationTests.Transport;

/// <summary>An edge's link endpoint on a real port, with a judgement of the test's choice.</summary>
internal sealed class TlsCarrierFixture : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly X509Certificate2 _serverCertificate;
    private readonly X509Certificate2 _linkCertificate;

    private TlsCarrierFixture(WebApplication app, X509Certificate2 serverCertificate, AcceptingAuthorizer authorizer)
    {
        _app = app;
        _serverCertificate = serverCertificate;
        _linkCertificate = NewCertificate("link", "urn:test");
        Authorizer = authorizer;
    }

    public AcceptingAuthorizer Authorizer { get; }

    /// <summary>The edge's certificate with its key, for something on the way that has it too.</summary>
    public X509Certificate2 ServerCertificate => _serverCertificate;

    /// <summary>The client's certificate with its key.</summary>
    public X509Certificate2 LinkCertificate => _linkCertificate;

    /// <summary>What a client must trust to dial this edge.</summary>
    public string AuthorityPem => _serverCertificate.ExportCertificatePem();

    public int Port => new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    /// <param name="decide">The judgement.</param>
    /// <param name="options">How links behave.</param>
    /// <param name="sameEdge">Another node of the same edge, whose certificate this one shows too; null for an edge of its own.</param>
    /// <param name="takesCertificates">Whether clients' certificates pass in the TLS handshake.</param>
    public static async Task<TlsCarrierFixture> StartAsync(
        Func<LinkRequest, LinkDecision>? decide = null, LinkOptions? options = null, TlsCarrierFixture? sameEdge = null, bool takesCertificates = true)
    {
        var certificate = sameEdge?._serverCertificate ?? NewCertificate("link.localhost", null);
        var authorizer = new AcceptingAuthorizer(decide);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<ILinkAuthorizer>(authorizer);
        builder.Services.AddSingleton(new LinkServerOptions("edge-test", options ?? new LinkOptions(), CancellationToken.None));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(https =>
        {
            https.ServerCertificate = certificate;
            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
            https.ClientCertificateValidation = (_, _, _) => takesCertificates;
        })));
        var app = builder.Build();
        app.MapTunnelLinks();
        await app.StartAsync();
        return new TlsCarrierFixture(app, certificate, authorizer);
    }

    public ILinkDialer Dialer(Carrier carrier = Carrier.Tls, LinkOptions? options = null, int? port = null, Func<LinkDialOptions, LinkDialOptions>? change = null, TimeProvider? time = null)
    {
        var dial = new LinkDialOptions
        {
            Edge = new Uri($"https://link.localhost:{port ?? Port}"),
            Certificate = _linkCertificate,
            TrustedAuthorities = [_serverCertificate],
            ConnectTo = new IPEndPoint(IPAddress.Loopback, port ?? Port),
            Link = options ?? new LinkOptions(),
        };
        dial = change?.Invoke(dial) ?? dial;
        return carrier switch
        {
            Carrier.Tls => new TlsLinkDialer(dial, time ?? TimeProvider.System),
            Carrier.Websocket => new WebSocketLinkDialer(dial, time ?? TimeProvider.System),
            _ => throw new ArgumentOutOfRangeException(nameof(carrier), carrier, "Not a carrier of this endpoint."),
        };
    }

    /// <summary>Opens a stream at the edge as the ingress does: preamble and first bytes in one.</summary>
    public static async Task<ILinkStream> OpenAsync(ILink edge, string serverName, ReadOnlyMemory<byte> first)
    {
        var stream = edge.OpenStream();
        var header = new ProxyHeader
        {
            Source = new IPEndPoint(IPAddress.Parse("192.0.2.7"), 4711),
            Destination = new IPEndPoint(IPAddress.Loopback, 443),
            Authority = serverName,
            UniqueId = "cn-1",
            EdgeNode = "edge-test",
            AgentPlatform = "platform.example.net",
        };
        stream.Output.Advance(ProxyHeaderWriter.Write(header, stream.Output.GetSpan(ProxyHeaderWriter.MaxLength)));
        await stream.Output.WriteAsync(first);
        return stream;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _serverCertificate.Dispose();
        _linkCertificate.Dispose();
    }

    private static X509Certificate2 NewCertificate(string dns, string? uri)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={dns}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(dns);
        if (uri is not null)
        {
            names.AddUri(new Uri(uri));
        }

        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddHours(1));
    }
}
