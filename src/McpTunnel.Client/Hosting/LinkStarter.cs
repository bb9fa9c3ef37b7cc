using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Files;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Egress;
using McpTunnel.Client.Enrolment;
using McpTunnel.Client.Linking;
using McpTunnel.Client.Linking.Choice;
using McpTunnel.Client.Proxying;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;
using McpTunnel.Transport.Tls;
using McpTunnel.Transport.WebSockets;

namespace McpTunnel.Client.Hosting;

/// <summary>
/// Dials links with the credentials of the state directory. They are read again for each link, so that a rotated token or a
/// renewed certificate is used without a restart.
/// </summary>
internal sealed class LinkStarter
{
    /// <summary>Time for a carrier that another one may stand in for: blocked UDP drops packets without a word, and an agent should not wait for that long.</summary>
    private static readonly TimeSpan ShortTimeout = TimeSpan.FromSeconds(3);

    private readonly ClientOptions _options;
    private readonly EnrolmentRecord _enrolment;
    private readonly Func<IReadOnlyList<string>> _servers;
    private readonly TimeProvider _time;
    private readonly EdgeAddresses _addresses;
    private readonly LadderDialer _ladder;

    public LinkStarter(ClientOptions options, EnrolmentRecord enrolment, Func<IReadOnlyList<string>> servers, IHostResolver resolver, TimeProvider time)
    {
        _options = options;
        _enrolment = enrolment;
        _servers = servers;
        _time = time;
        Edge = new UriBuilder(options.Edge) { Host = "link." + options.Edge.Host }.Uri;
        Proxy = new EdgeProxy(options.Proxy, addressIsNamed: options.EdgeEndPoints.Count > 0);
        _addresses = new EdgeAddresses(Edge.Host, Edge.Port, [.. options.EdgeEndPoints.Select(EndPointOf)], resolver);
        Choice = new CarrierChoice(new CarrierChoiceOptions { Rungs = AvailableCarriers(options.Links), ProbeEvery = options.Links.ProbeEvery }, time);
        _ladder = new LadderDialer(Choice, DialAsync);
    }

    /// <summary>This process's name towards the edge: new at each start, so that a restarted client never waits for its predecessor.</summary>
    public string Instance { get; } = "ins_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    /// <summary>The proxy on the way to the edge.</summary>
    public EdgeProxy Proxy { get; }

    /// <summary>Links are HTTPS requests to this address.</summary>
    public Uri Edge { get; }

    /// <summary>Name and version, as the edge shows them.</summary>
    public static string Software { get; } = $"mcptunnel/{typeof(LinkStarter).Assembly.GetName().Version?.ToString(3)}";

    public CarrierChoice Choice { get; }

    public LinkSupervisorOptions SupervisorOptions => new() { Links = _options.Links.Count, LongestWait = _options.Links.LongestWait };

    /// <summary>Brings up one link.</summary>
    /// <exception cref="LinkConnectException">The edge was not reached, or the credentials cannot be read at the moment.</exception>
    /// <exception cref="LinkRefusedException">The edge said no.</exception>
    public Task<ILink> DialAsync(LinkAttempt attempt, CancellationToken cancellationToken) => _ladder.DialAsync(attempt, cancellationToken);

    /// <summary>What the configuration allows and this version has.</summary>
    private static List<Carrier> AvailableCarriers(LinksOptions links) =>
        links.Carriers.Where(carrier => carrier != Carrier.Quic).ToList() is { Count: > 0 } available ? available : [Carrier.Tls];

    private async Task<ILink> DialAsync(Carrier carrier, LinkAttempt attempt, bool anotherFollows, CancellationToken cancellationToken)
    {
        try
        {
            var token = await GuardedFile.ReadSecretAsync(ClientPaths.Token(_options.StateDirectory), cancellationToken);
            using var identity = await KeyedCertificate.LoadAsync(
                ClientPaths.LinkCertificate(_options.StateDirectory), ClientPaths.LinkKey(_options.StateDirectory), cancellationToken);
            var dial = new LinkDialOptions
            {
                Edge = Edge,
                Certificate = identity.ToCertificate(),
                TrustedAuthorities = await ReadAuthoritiesAsync(cancellationToken),
                ConnectTimeout = carrier == Carrier.Quic && anotherFollows && ShortTimeout < _options.Links.ConnectTimeout ? ShortTimeout : _options.Links.ConnectTimeout,
                Proxy = await Proxy.ForDialAsync(cancellationToken),
            };

            // A proxy asks DNS itself, unless addresses are written down.
            dial = dial.ProxyAddress is null || _options.EdgeEndPoints.Count > 0 ? dial with { ConnectTo = await _addresses.ForAsync(attempt, cancellationToken) } : dial;
            var hello = new LinkHello(
                _enrolment.Tunnel, token, Instance, attempt.Index, attempt.Generation, Software, _servers());
            return await DialerOf(carrier, dial).DialAsync(hello, cancellationToken);
        }
        catch (McpTunnel.Certificates.CertificateException exception)
        {
            throw new LinkConnectException(exception.Message, exception);
        }
    }

    private ILinkDialer DialerOf(Carrier carrier, LinkDialOptions options) => carrier switch
    {
        Carrier.Tls => new TlsLinkDialer(options, _time),
        Carrier.Websocket => new WebSocketLinkDialer(options, _time),
        _ => throw new ArgumentOutOfRangeException(nameof(carrier), carrier, "Not a carrier of this version."),
    };

    private async Task<X509Certificate2Collection?> ReadAuthoritiesAsync(CancellationToken cancellationToken) =>
        _options.EdgeCaFile is { } path ? [.. await CertificateFile.ReadChainAsync(path, cancellationToken)] : null;

    private static EndPoint EndPointOf(McpTunnel.Configuration.Values.HostEndPoint endPoint) =>
        endPoint.TryGetIPEndPoint(out var address) && address is not null ? address : new DnsEndPoint(endPoint.Host, endPoint.Port);
}
