using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Egress;
using McpTunnel.Client.Routing;
using McpTunnel.Transport.Dialing;
using Yarp.ReverseProxy.Forwarder;

namespace McpTunnel.Client.Forwarding;

/// <summary>
/// The connections to one server's upstream, of one configuration. Closed after its last call, not under it. Thread-safe.
/// </summary>
internal sealed class Upstream
{
    private readonly ConcurrentQueue<ResponseTimer> _timers = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _responseTimeout;

    // Calls in progress, and one for not being retired.
    private int _users = 1;

    public Upstream(ServerOptions options, ServerAddress address, X509Certificate2Collection? authorities, IHostResolver resolver, TimeProvider time)
    {
        _time = time;
        _responseTimeout = options.ResponseTimeout;
        Prefix = options.Upstream.GetLeftPart(UriPartial.Authority);
        Transformer = new UpstreamTransformer(options, address, time);
        RequestConfig = new ForwarderRequestConfig
        {
            Version = options.UpstreamProtocol == UpstreamProtocol.Http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,

            // A quiet stream is not a dead one: it ends when either side goes away.
            ActivityTimeout = Timeout.InfiniteTimeSpan,
            AllowResponseBuffering = false,
        };
        var dialer = new GuardedDialer(options.Name, new AddressRules(options.AllowedNetworks), resolver, options.ConnectTimeout / 2, time);
        Handler = NewHandler(options, authorities, dialer);
        Invoker = new UpstreamInvoker(Handler);
    }

    /// <summary>Scheme, host and port.</summary>
    public string Prefix { get; }

    public HttpTransformer Transformer { get; }

    public ForwarderRequestConfig RequestConfig { get; }

    public HttpMessageInvoker Invoker { get; }

    /// <summary>For tests of its settings.</summary>
    internal SocketsHttpHandler Handler { get; }

    /// <summary>Begins a call; false when the upstream was retired and the newer configuration must be asked.</summary>
    public bool TryEnter()
    {
        var users = Volatile.Read(ref _users);
        while (users > 0)
        {
            var seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
            {
                return true;
            }

            users = seen;
        }

        return false;
    }

    /// <summary>Ends a call that <see cref="TryEnter"/> began.</summary>
    public void Exit()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            Invoker.Dispose();
        }
    }

    /// <summary>Takes no new calls; closes the connections when the last one in progress has ended. Called once.</summary>
    public void Retire() => Exit();

    /// <summary>Bounds the time to the response headers of one call.</summary>
    public ResponseTimer RentTimer() => ResponseTimer.Rent(_timers, _time, _responseTimeout);

    private static SocketsHttpHandler NewHandler(ServerOptions options, X509Certificate2Collection? authorities, GuardedDialer dialer) => new()
    {
        ConnectCallback = dialer.ConnectAsync,
        ConnectTimeout = options.ConnectTimeout,
        SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = ServerTrust.PolicyFor(authorities) },

        // The agent's request, and nothing of our own.
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,
        ActivityHeadersPropagator = null,

        // Header values are bytes to us: what came in one encoding leaves in the same.
        RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,

        EnableMultipleHttp2Connections = true,

        // A call that its agent left is gone at once, in place of being read to its end for the connection's sake.
        MaxResponseDrainSize = 0,
        ResponseDrainTimeout = TimeSpan.Zero,

        // Below the idle limits of common servers, so that a request rarely meets a connection that is being closed.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),

        // New connections ask DNS again.
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
    };
}
