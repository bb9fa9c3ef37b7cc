using McpTunnel.Client.Authentication.Jwt;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Egress;
using McpTunnel.Client.Proxying;
using McpTunnel.Client.Routing;
using McpTunnel.Configuration;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.Hosting;

/// <summary>
/// What the boundary serves by the configuration in force: routes, certificates, issuers. <see cref="ApplyAsync"/> swaps them whole; calls in
/// progress go on with what they began with. Reading is thread-safe, applying is for one caller at a time.
/// </summary>
internal sealed class Boundary : IAsyncDisposable
{
    private readonly string _domain;
    private readonly CertificateStore _certificateStore;
    private readonly IssuerCatalog _issuers;
    private readonly RouteBuilder _routeBuilder;
    private readonly ILogger _logger;
    private volatile CertificateSet _certificates = new(new Dictionary<string, ServedCertificate>());

    /// <param name="domain">The tunnel's.</param>
    /// <param name="proxy">The proxy of the links, through which issuers beyond it are reached.</param>
    /// <param name="resolver">Turns names of upstreams and issuers into addresses.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where events go.</param>
    public Boundary(string domain, EdgeProxy proxy, IHostResolver resolver, TimeProvider time, ILoggerFactory loggers)
    {
        _domain = domain;
        _certificateStore = new CertificateStore(time, loggers);
        _issuers = new IssuerCatalog(proxy, resolver, time, loggers);
        _routeBuilder = new RouteBuilder(_issuers, resolver, time);
        _logger = loggers.CreateLogger<Boundary>();
    }

    public RoutingTableHolder Routes { get; } = new();

    public CertificateSet Certificates => _certificates;

    /// <summary>Puts a validated configuration in force.</summary>
    /// <exception cref="ConfigurationException">A file that it names is not good; what was in force stays.</exception>
    public async Task ApplyAsync(ClientOptions options, CancellationToken cancellationToken)
    {
        var errors = new List<ConfigurationError>();
        var addresses = options.Servers.ToDictionary(
            server => server, server => ServerAddress.Of(server, _domain, options.PublicPort ?? options.Edge.Port), ReferenceComparer);
        var certificates = await _certificateStore.LoadAsync(options, addresses, errors, cancellationToken);
        var routes = await _routeBuilder.BuildAsync(options, addresses, Routes.Current, errors, cancellationToken);
        if (routes is null)
        {
            throw new ConfigurationException(errors);
        }

        // Certificates first: a name is served only when its handshake can succeed.
        _certificates = certificates;
        var old = Routes.Swap(routes);
        foreach (var server in old.Servers.Except(routes.Servers))
        {
            server.Upstream.Retire();
        }

        _issuers.Keep(options.Servers.Select(server => server.Authentication));
        await _certificateStore.KeepAsync(certificates);
        WarnOfWrongNames(certificates);
        HostingLog.Serving(_logger, routes.Servers.Count, string.Join(", ", routes.Servers.Select(server => server.Address.Url)));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in Routes.Swap(RoutingTable.Empty).Servers)
        {
            server.Upstream.Retire();
        }

        _issuers.Dispose();
        await _certificateStore.DisposeAsync();
    }

    private static readonly IEqualityComparer<ServerOptions> ReferenceComparer =
        EqualityComparer<ServerOptions>.Create((a, b) => ReferenceEquals(a, b), System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode);

    private void WarnOfWrongNames(CertificateSet certificates)
    {
        foreach (var (host, served) in certificates.ByHost.Where(entry => !entry.Value.Source.Certificate.MatchesHostname(entry.Key)))
        {
            HostingLog.WrongName(_logger, host, served.Source.Status.Served.Subject);
        }
    }
}
