using System.Net;
using McpTunnel.Certificates;
using McpTunnel.Client.Configuration;

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

    /// <param name="options">What was written down.</param>
    /// <param name="addressIsNamed">Whether the edge's address is written down too: then the environment's proxy has no say, only one that is written.</param>
    /// <param name="environment">Where HTTPS_PROXY and its kin are read; the framework's own when null.</param>
    public EdgeProxy(ProxyOptions options, bool addressIsNamed, IWebProxy? environment = null)
    {
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
        Create(null) is { } proxy && !proxy.IsBypassed(destination) && proxy.GetProxy(destination) is { } address
            ? $"{address.Scheme}://{address.Authority}, {(_written is null ? "which the environment names" : "which the configuration names")}"
            : null;

    /// <summary>The proxy for one dial; null when every connection is direct.</summary>
    /// <exception cref="CertificateException">The file with the credentials is missing, readable by others, or malformed.</exception>
    public async Task<IWebProxy?> ForDialAsync(CancellationToken cancellationToken)
    {
        if (_written is null && _environment is null)
        {
            return null;
        }

        return Create(
            _options.CredentialsFile is { } file ? await ProxyCredentials.ReadAsync(file, _options.Scheme, cancellationToken)
            : _options.SystemCredentials ? CredentialCache.DefaultCredentials
            : null);
    }

    private ConfiguredProxy? Create(ICredentials? credentials) =>
        _written is null && _environment is null ? null : new ConfiguredProxy(_written, _environment ?? NoProxy.Instance, _bypass, credentials);

    private sealed class NoProxy : IWebProxy
    {
        public static readonly NoProxy Instance = new();

        public ICredentials? Credentials { get; set; }

        public Uri? GetProxy(Uri destination) => null;

        public bool IsBypassed(Uri host) => true;
    }
}
