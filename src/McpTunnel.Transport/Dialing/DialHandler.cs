using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using McpTunnel.Transport.Sockets;
using McpTunnel.Transport.Tls;

namespace McpTunnel.Transport.Dialing;

/// <summary>
/// HTTP towards the edge: names, proxies and TLS are the framework's, set up here once for every carrier that begins with an HTTP request and for
/// enrolment. What goes wrong before there is an answer is thrown as what it means to a person.
/// </summary>
public sealed class DialHandler : DelegatingHandler
{
    /// <summary>Where a name has several addresses, so many that do not answer are passed over within the time of the dial.</summary>
    private const int AddressesInTime = 3;

    private readonly LinkDialOptions _options;
    private readonly TimeProvider _time;
    private readonly PeerCertificates _certificates;
    private readonly DialProxy? _proxy;
    private readonly DialErrors _errors;
    private readonly TcpDial _tcp;
    private Socket? _connected;

    /// <param name="options">Where to and how; without a certificate for a call that is no link.</param>
    /// <param name="time">The clock of the time-out.</param>
    public DialHandler(LinkDialOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _certificates = new PeerCertificates(options);
        _proxy = options.ProxyAddress is { } address ? new DialProxy(address, options.Proxy!.Credentials) : null;
        _errors = new DialErrors(options, _certificates, _proxy);
        _tcp = new TcpDial(Dns.GetHostAddressesAsync, Prepare, options.ConnectTimeout / AddressesInTime, time);
        InnerHandler = NewHandler();
    }

    /// <summary>The socket of the connection that is up; null while there is none.</summary>
    internal Socket? Socket => Volatile.Read(ref _connected);

    /// <exception cref="LinkConnectException">The edge was not reached.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.ConnectTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            AskProxyForTheAddressNamed(request);
            return await base.SendAsync(request, either.Token);
        }
        catch (HttpRequestException e)
        {
            throw _errors.Explain(e);
        }
        catch (ArgumentException e) when (_proxy is not null)
        {
            // The framework's NTLM takes a challenge without content in place of the second one so.
            throw _errors.BadChallenge(e, _proxy);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw _errors.TimedOut(e, connected: Socket is not null);
        }
    }

    /// <summary>With the name as Host, the framework still asks for the name in TLS, and judges the certificate by it.</summary>
    private void AskProxyForTheAddressNamed(HttpRequestMessage request)
    {
        if (_proxy is null || _options.ConnectTo is not { } address)
        {
            return;
        }

        var (host, port) = address switch
        {
            IPEndPoint ip => (ip.Address.ToString(), ip.Port),
            DnsEndPoint dns => (dns.Host, dns.Port),
            _ => throw new NotSupportedException($"An edge has no address like {address}."),
        };
        request.Headers.Host ??= _options.Edge.Authority;
        request.RequestUri = new UriBuilder(request.RequestUri!) { Host = host, Port = port }.Uri;
    }

    private SocketsHttpHandler NewHandler() => new()
    {
        SslOptions = Tls(),
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = _proxy is not null,
        Proxy = _proxy,
        ConnectCallback = ConnectAsync,
        PlaintextStreamFilter = (context, _) => new ValueTask<Stream>(_certificates.RequireMutual(context.PlaintextStream)),
    };

    private SslClientAuthenticationOptions Tls() => new()
    {
        ClientCertificateContext = _options.Certificate is { } certificate
            ? SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true)
            : null,
        CertificateChainPolicy = ServerTrust.PolicyFor(_options.TrustedAuthorities),
        RemoteCertificateValidationCallback = _certificates.Judge,

        // Each handshake shows both certificates: whether the peer asked for ours says whether it is the edge.
        AllowTlsResume = false,
    };

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        // With a proxy, the end point is the proxy's.
        var target = _proxy is null ? _options.ConnectTo ?? context.DnsEndPoint : context.DnsEndPoint;
        var socket = await _tcp.ConnectAsync(target, cancellationToken);
        Volatile.Write(ref _connected, socket);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private void Prepare(Socket socket, IPAddress address)
    {
        TlsCarrier.Prepare(socket, _options.Link.DeadAfter);
        if (!IPAddress.IsLoopback(address))
        {
            TcpPath.KeepPacketsSmall(socket);
        }
    }
}
