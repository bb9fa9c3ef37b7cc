using System.Net;
using McpTunnel.Certificates;
using McpTunnel.Client.Configuration;
using McpTunnel.Transport;

namespace McpTunnel.Client.Proxying;

/// <summary>
/// The proxy on the way to the edge, as configuration and environment say. The choice is made once; credentials are read for each dial, so that
/// a changed password needs no restart. Thread-safe.
/// </summary>
public sealed class EdgeProxy
{
    private readonly ProxyOptions _options;
    private readonly Uri? _written;
    private readonly IWebProxy? _environment;
    private readonly ProxyBypassList _bypass;
    private readonly RefusedLogin _refused;

    /// <param name="options">What was written down.</param>
    /// <param name="addressIsNamed">Whether the edge's address is written down too: then the environment's proxy has no say, only one that is written.</param>
    /// <param name="time">The clock.</param>
    /// <param name="environment">Where HTTPS_PROXY and its kin are read; the framework's own when null.</param>
    public EdgeProxy(ProxyOptions options, bool addressIsNamed, TimeProvider time, IWebProxy? environment = null)
    {
        _refused = new RefusedLogin(time);
        _options = options;
        _bypass = new ProxyBypassList(options.Bypass);
        if (options.Url is null)
        {
            _environment = addressIsNamed ? null : environment ?? HttpClient.DefaultProxy;
        }
        else if (options.Url != ProxyOptions.Direct)
        {
            _written = new Uri(options.Url);
        }
    }

    /// <summary>What goes through which proxy, for a log: without credentials.</summary>
    public string? Describe(Uri destination) =>
        Create(null, null) is { } proxy && !proxy.IsBypassed(destination) && proxy.GetProxy(destination) is { } address
            ? $"{address.Scheme}://{address.Authority}, {(_written is null ? "which the environment names" : "which the configuration names")}"
            : null;

    /// <summary>The proxy for one dial; null when every connection is direct. Where it has credentials, dials get it one after the other: the next when the one before is <see cref="Answered"/>, or after a second.</summary>
    /// <exception cref="CertificateException">The file with the credentials is missing, readable by others, or malformed.</exception>
    /// <exception cref="LinkConnectException">The proxy has refused these credentials a short while ago; see <see cref="Answered"/>.</exception>
    public async Task<IWebProxy?> ForDialAsync(CancellationToken cancellationToken)
    {
        if (_written is null && _environment is null)
        {
            return null;
        }

        var (credentials, login) = await ReadCredentialsAsync(cancellationToken);
        if (login is not null)
        {
            await _refused.WaitForTurnAsync(login, cancellationToken);
        }

        return Create(credentials, login);
    }

    /// <summary>
    /// Notes that a dial through <paramref name="proxy"/>, as <see cref="ForDialAsync"/> gave it, is over: another one may show the credentials, which otherwise waits a second. Those that the proxy
    /// did not accept are held back for 1 min, then 4, then 15 min each time.
    /// </summary>
    /// <param name="proxy">The proxy of the dial.</param>
    /// <param name="refusal">What the proxy had against the credentials, and what to do; null when it took them, or was not heard.</param>
    public void Answered(IWebProxy? proxy, string? refusal)
    {
        if (proxy is ConfiguredProxy { Login: { } login })
        {
            _refused.EndTurn(login, refusal);
        }
    }

    private async Task<(ICredentials? Credentials, string? Login)> ReadCredentialsAsync(CancellationToken cancellationToken)
    {
        if (_options.CredentialsFile is { } file)
        {
            var read = await ProxyCredentials.ReadAsync(file, _options.Scheme, cancellationToken);
            return (read, read.Digest);
        }

        return _options.SystemCredentials ? (CredentialCache.DefaultCredentials, "system") : (null, _environment?.Credentials is null ? null : "environment");
    }

    private ConfiguredProxy? Create(ICredentials? credentials, string? login) =>
        _written is null && _environment is null ? null : new ConfiguredProxy(_written, _environment ?? NoProxy.Instance, _bypass, credentials, login);

    private sealed class NoProxy : IWebProxy
    {
        public static readonly NoProxy Instance = new();

        public ICredentials? Credentials { get; set; }

        public Uri? GetProxy(Uri destination) => null;

        public bool IsBypassed(Uri host) => true;
    }
}
