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
using McpTunnel.Client.SelfCalls;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;
using McpTunnel.Transport.Quic;
using McpTunnel.Transport.Tls;
using McpTunnel.Transport.WebSockets;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.Hosting;

/// <summary>
/// Dials links with the credentials of the state directory. They are read again for each link, so that a rotated token or a
/// renewed certificate is used without a restart.
/// </summary>
internal sealed class LinkStarter
{
    /// <summary>An edge node that restarts is back by then, mostly.</summary>
    private static readonly TimeSpan HalfAMinute = TimeSpan.FromSeconds(30);

    private readonly ClientOptions _options;
    private readonly EnrolmentRecord _enrolment;
    private readonly Func<IReadOnlyList<string>> _servers;
    private readonly TimeProvider _time;
    private readonly EdgeAddresses _addresses;
    private readonly AddressDialer _dialer;
    private readonly LadderDialer _ladder;
    private readonly CarrierMemory _memory;
    private readonly LinkOptions _link;

    public LinkStarter(
        ClientOptions options, EnrolmentRecord enrolment, Func<IReadOnlyList<string>> servers, CarrierMemory memory, EdgeProxy proxy, IHostResolver resolver, TimeProvider time, ILoggerFactory loggers)
    {
        _memory = memory;
        _link = new LinkOptions { Buffers = new BufferBudget(options.Limits.BufferMemory.Bytes) };
        _options = options;
        _enrolment = enrolment;
        _servers = servers;
        _time = time;
        Edge = new UriBuilder(options.Edge) { Host = "link." + options.Edge.Host }.Uri;
        Proxy = proxy;
        _addresses = new EdgeAddresses(Edge.Host, Edge.Port, [.. options.EdgeEndPoints.Select(EndPointOf)], resolver, Durations.Shorter(options.Links.ProbeEvery, HalfAMinute), time, Random.Shared.NextDouble);
        (var rungs, NoQuic) = AvailableCarriers(loggers.CreateLogger<LinkStarter>());
        _dialer = new AddressDialer(_addresses, carrierIsForced: rungs.Count == 1, options.Links.ConnectTimeout, time);
        Choice = new CarrierChoice(new CarrierChoiceOptions { Rungs = rungs, LastGood = memory.LastGood, ProbeEvery = options.Links.ProbeEvery }, time);
        _ladder = new LadderDialer(Choice, DialAsync);
    }

    /// <summary>This process's name towards the edge: new at each start, so that a restarted client never waits for its predecessor.</summary>
    public string Instance { get; } = "ins_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    /// <summary>The proxy on the way to the edge.</summary>
    public EdgeProxy Proxy { get; }

    /// <summary>Why links do not run on QUIC here though it is allowed; null when they may.</summary>
    public string? NoQuic { get; }

    /// <summary>Links are HTTPS requests to this address.</summary>
    public Uri Edge { get; }

    /// <summary>Name and version, as the edge shows them.</summary>
    public static string Software { get; } = $"mcptunnel/{BuildInfo.Version}";

    public CarrierChoice Choice { get; }

    public LinkSupervisorOptions SupervisorOptions => new()
    {
        Links = _options.Links.Count,
        LongestWait = _options.Links.LongestWait,
        IsUneven = () => _addresses.IsUneven,
    };

    /// <summary>Brings up one link.</summary>
    /// <exception cref="LinkConnectException">The edge was not reached, or the credentials cannot be read at the moment.</exception>
    /// <exception cref="LinkRefusedException">The edge said no.</exception>
    public async Task<ILink> DialAsync(LinkAttempt attempt, CancellationToken cancellationToken)
    {
        var link = await _ladder.DialAsync(attempt, cancellationToken);

        // A disk that is slow or gone must not keep a link that is up from serving.
        _ = Task.Run(() => _memory.RememberAsync(Choice.Current, CancellationToken.None), CancellationToken.None);
        return link;
    }

    /// <summary>How to get to the node that has a link, as the link itself does.</summary>
    /// <exception cref="McpTunnel.Certificates.CertificateException">The proxy's credentials, or the CAs named, cannot be read.</exception>
    /// <exception cref="LinkConnectException">The proxy does not accept the credentials.</exception>
    public async Task<SelfCallWay> WayToAsync(ILink link, CancellationToken cancellationToken)
    {
        var address = _addresses.AddressOf(link);
        var dial = new LinkDialOptions { Edge = Edge, Certificate = null, Proxy = await Proxy.ForDialAsync(cancellationToken) };
        return dial.ProxyAddress is not { } proxy ? new SelfCallWay(Edge, null, address)
            : new SelfCallWay(AuthorityOf(address) ?? Edge, new WebProxy(proxy) { Credentials = dial.Proxy!.Credentials }, null, await ReadAuthoritiesAsync(cancellationToken))
            {
                ProxyAnswered = problem => Proxy.Answered(dial.Proxy, problem),
            };
    }

    private static Uri? AuthorityOf(EndPoint? address) => address is null ? null : new Uri($"https://{(address is DnsEndPoint dns ? $"{dns.Host}:{dns.Port}" : address)}");

    /// <summary>What the configuration allows and this machine can do; a carrier that was asked for alone stays, and says at each dial why it does not work.</summary>
    private (IReadOnlyList<Carrier> Rungs, string? NoQuic) AvailableCarriers(ILogger logger)
    {
        var allowed = _options.Links.Carriers;
        if (allowed.Count == 1 || !allowed.Contains(Carrier.Quic))
        {
            return (allowed, null);
        }

        if (Proxy.Describe(Edge) is not null)
        {
            // UDP passes no HTTP proxy; the log has said already that there is one.
            return (WithoutQuic(), "UDP passes no HTTP proxy.");
        }

        if (!QuicCarrier.IsSupported(out var reason))
        {
            HostingLog.NoQuic(logger, reason);
            return (WithoutQuic(), reason);
        }

        UdpBuffers.WarnOnceIfSmall(logger);
        return (allowed, null);

        IReadOnlyList<Carrier> WithoutQuic() => [.. allowed.Where(carrier => carrier != Carrier.Quic)];
    }

    private async Task<ILink> DialAsync(Carrier carrier, LinkAttempt attempt, bool anotherFollows, CancellationToken cancellationToken)
    {
        IWebProxy? proxy = null;
        string? problem = null;
        try
        {
            proxy = await Proxy.ForDialAsync(cancellationToken);
            var token = await GuardedFile.ReadSecretAsync(ClientPaths.Token(_options.StateDirectory), cancellationToken);
            using var identity = await KeyedCertificate.LoadAsync(
                ClientPaths.LinkCertificate(_options.StateDirectory), ClientPaths.LinkKey(_options.StateDirectory), cancellationToken);
            var dial = new LinkDialOptions
            {
                Edge = Edge,
                Certificate = identity.ToCertificate(),
                TrustedAuthorities = await ReadAuthoritiesAsync(cancellationToken),
                ConnectTimeout = _options.Links.ConnectTimeout,
                Proxy = proxy,
                Link = _link,
            };

            var hello = new LinkHello(_enrolment.Tunnel, token, Instance, attempt.Index, attempt.Generation, Software, _servers());

            // A proxy asks DNS itself, unless addresses are written down.
            if (dial.ProxyAddress is { } through)
            {
                attempt.Dialling?.Invoke($"{Edge.Authority} over {carrier.WireName()} through the proxy {through.Authority}");
            }

            return dial.ProxyAddress is null || _options.EdgeEndPoints.Count > 0
                ? await _dialer.DialAsync(
                    carrier, attempt, anotherFollows,
                    (address, patience, token) => DialerOf(carrier, dial with { ConnectTo = address, ConnectTimeout = patience }).DialAsync(hello, token),
                    cancellationToken)
                : await DialerOf(carrier, dial).DialAsync(hello, cancellationToken);
        }
        catch (LinkConnectException failure) when (failure.Fault == LinkConnectFault.ProxyAuthentication)
        {
            problem = failure.Message;
            throw;
        }
        catch (McpTunnel.Certificates.CertificateException exception)
        {
            throw new LinkConnectException(exception.Message, exception);
        }
        finally
        {
            Proxy.Answered(proxy, problem);
        }
    }

    private ILinkDialer DialerOf(Carrier carrier, LinkDialOptions options) => carrier switch
    {
        Carrier.Quic => new QuicLinkDialer(options, _time),
        Carrier.Tls => new TlsLinkDialer(options, _time),
        Carrier.Websocket => new WebSocketLinkDialer(options, _time),
        _ => throw new ArgumentOutOfRangeException(nameof(carrier), carrier, "Not a carrier of this version."),
    };

    private async Task<X509Certificate2Collection?> ReadAuthoritiesAsync(CancellationToken cancellationToken) =>
        _options.EdgeCaFile is { } path ? [.. await CertificateFile.ReadChainAsync(path, cancellationToken)] : null;

    private static EndPoint EndPointOf(McpTunnel.Configuration.Values.HostEndPoint endPoint) =>
        endPoint.TryGetIPEndPoint(out var address) && address is not null ? address : new DnsEndPoint(endPoint.Host, endPoint.Port);
}
