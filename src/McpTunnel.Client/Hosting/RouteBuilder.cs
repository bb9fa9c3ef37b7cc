using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates;
using McpTunnel.Certificates.Files;
using McpTunnel.Client.Authentication;
using McpTunnel.Client.Authentication.Jwt;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Egress;
using McpTunnel.Client.Forwarding;
using McpTunnel.Client.ResourceMetadata;
using McpTunnel.Client.Routing;
using McpTunnel.Configuration;
using McpTunnel.Configuration.Binding;

namespace McpTunnel.Client.Hosting;

/// <summary>Turns the servers of a configuration into routes, keeping the routes of servers about which nothing changed.</summary>
internal sealed class RouteBuilder(IssuerCatalog issuers, IHostResolver resolver, TimeProvider time)
{
    /// <summary>The new table; null with errors added when a file is not good. Nothing in use has changed then.</summary>
    public async Task<RoutingTable?> BuildAsync(
        ClientOptions options,
        IReadOnlyDictionary<ServerOptions, ServerAddress> addresses,
        RoutingTable current,
        List<ConfigurationError> errors,
        CancellationToken cancellationToken)
    {
        var kept = current.Servers.ToDictionary(server => server.Host, StringComparer.OrdinalIgnoreCase);
        var servers = new List<ServerRoute>(addresses.Count);
        foreach (var (server, address) in addresses)
        {
            var maxRequestBody = (server.MaxRequestBody ?? options.Limits.MaxRequestBody).Bytes;
            var upstreamAuthorities = await ReadAsync(server.UpstreamCaFile, errors, cancellationToken);
            var issuerAuthorities = await ReadAsync(server.Authentication.IssuerCaFile, errors, cancellationToken);
            servers.Add(
                kept.GetValueOrDefault(address.Host) is { } old && IsSame(old, server, address, maxRequestBody)
                    ? old
                    : NewRoute(server, address, maxRequestBody, upstreamAuthorities, issuerAuthorities));
        }

        if (errors.Count == 0)
        {
            return new RoutingTable(servers);
        }

        foreach (var unused in servers.Except(current.Servers))
        {
            unused.Upstream.Retire();
        }

        return null;
    }

    // A CA file's contents are not compared: it is read when the server changes, and at each start.
    private static bool IsSame(ServerRoute old, ServerOptions server, ServerAddress address, long maxRequestBody) =>
        old.Address == address && old.MaxRequestBody == maxRequestBody && OptionsText.Of(old.Options) == OptionsText.Of(server);

    private static async Task<X509Certificate2Collection?> ReadAsync(string? path, List<ConfigurationError> errors, CancellationToken cancellationToken)
    {
        if (path is null)
        {
            return null;
        }

        try
        {
            return [.. await CertificateFile.ReadChainAsync(path, cancellationToken)];
        }
        catch (CertificateException exception)
        {
            errors.Add(new ConfigurationError(SourceLocation.WholeFile(path), exception.Message.TrimEnd('.'), "Name a PEM file with CA certificates"));
            return null;
        }
    }

    private ServerRoute NewRoute(
        ServerOptions server, ServerAddress address, long maxRequestBody, X509Certificate2Collection? upstreamAuthorities, X509Certificate2Collection? issuerAuthorities)
    {
        var authenticator = server.Authentication.Mode == AuthenticationMode.None
            ? (IAuthenticator)NoAuthentication.Instance
            : new JwtAuthenticator(
                server.Authentication,
                [address.Url, address.Origin],
                new ResourceDocuments(address, server.Authentication).EndpointUrl,
                issuers.Get(server.Authentication, issuerAuthorities),
                time);
        return new ServerRoute(server, address, maxRequestBody, authenticator, new Upstream(server, address, upstreamAuthorities, resolver, time));
    }
}
