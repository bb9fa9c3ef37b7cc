using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Protocol.Control;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;

namespace McpTunnel.TestKit.Links;

/// <summary>Both ends of one real link; by default over memory: real handshake, real multiplexer, no socket.</summary>
public sealed class LinkPair : IAsyncDisposable
{
    private readonly IAsyncDisposable? _carrier;

    /// <param name="edge">The edge's end.</param>
    /// <param name="client">The client's end.</param>
    /// <param name="carrier">What carries both, disposed with them.</param>
    public LinkPair(ILink edge, ILink client, IAsyncDisposable? carrier = null)
    {
        Edge = edge;
        Client = client;
        _carrier = carrier;
    }

    public ILink Edge { get; }

    public ILink Client { get; }

    public static LinkHello Hello(int linkIndex = 0, long generation = 1, string instance = "test") =>
        new("tnl_aaaaaaaaaaaaaaaa", new Secret("mct_aaaaaaaaaaaaaaaa_test_test"), instance, linkIndex, generation, "test/1", ["docs"]);

    public static Task<LinkPair> CreateAsync(LinkOptions? options = null, TimeProvider? time = null, LinkHello? hello = null, Carrier carrier = Carrier.Tls)
    {
        var (edge, client) = DuplexMemoryStream.CreatePair();
        return CreateAsync(edge, client, options, time, hello, carrier: carrier);
    }

    /// <summary>The same over carriers of the caller's, perhaps faulty ones.</summary>
    public static async Task<LinkPair> CreateAsync(
        Stream edgeCarrier, Stream clientCarrier, LinkOptions? options = null, TimeProvider? time = null, LinkHello? hello = null,
        Action<ILink>? onWelcomed = null, TimeProvider? clientTime = null, Carrier carrier = Carrier.Tls)
    {
        options ??= new LinkOptions();
        time ??= TimeProvider.System;
        using var certificate = NewCertificate();
        var authorizer = new AcceptingAuthorizer { OnWelcomed = onWelcomed };
        var edge = EdgeHandshake.RunAsync(edgeCarrier, carrier, certificate, "127.0.0.1", "edge-test", authorizer, options, time, CancellationToken.None);
        var client = await ClientHandshake.RunAsync(clientCarrier, carrier, hello ?? Hello(), options, clientTime ?? time, CancellationToken.None);
        return new LinkPair((await edge)!, client);
    }

    /// <summary>Opens a stream at the edge, with first bytes, and accepts it at the client.</summary>
    public async Task<(ILinkStream Edge, ILinkStream Client)> OpenAsync()
    {
        var edge = Edge.OpenStream();
        await edge.Output.WriteAsync(new byte[] { 0 });
        var client = await Client.AcceptStreamAsync(CancellationToken.None) ?? throw new InvalidOperationException("The link is closed.");
        var first = await client.Input.ReadAsync();
        client.Input.AdvanceTo(first.Buffer.GetPosition(1));
        return (edge, client);
    }

    public async ValueTask DisposeAsync()
    {
        // An end that waits for a stalled carrier, by a clock that nobody moves any more, would never be done.
        await Eventually.EndAsync(Client.DisposeAsync().AsTask());
        await Eventually.EndAsync(Edge.DisposeAsync().AsTask());
        if (_carrier is not null)
        {
            await _carrier.DisposeAsync();
        }
    }

    public static X509Certificate2 NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddHours(1));
    }
}
