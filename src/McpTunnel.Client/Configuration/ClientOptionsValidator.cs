using System.Net;
using McpTunnel.Client.Egress;
using McpTunnel.Configuration.Loading;

namespace McpTunnel.Client.Configuration;

/// <summary>Conditions between a client's options, across all its files.</summary>
internal sealed class ClientOptionsValidator : IConfigurationValidator<ClientOptions>
{
    public void Validate(ClientOptions options, ValidationContext context)
    {
        if (options.Servers.Count > ClientLimits.MaxServers)
        {
            context.Error(options, nameof(ClientOptions.Servers), $"All files together have {options.Servers.Count} servers", $"Write at most {ClientLimits.MaxServers}");
        }

        if (options.Management.Listen.TryGetIPEndPoint(out _) is false)
        {
            context.Error(
                options.Management, nameof(ManagementOptions.Listen), $"'{options.Management.Listen.Host}' is not an IP address", "Write the address to listen on, such as 127.0.0.1:9464");
        }

        ValidateProxy(options.Proxy, context);
        CertificatePair(options.Certificate, context);
        RefuseDuplicates(options.Servers, context);
        foreach (var server in options.Servers)
        {
            Validate(server, context);
        }
    }

    private static void ValidateProxy(ProxyOptions proxy, ValidationContext context)
    {
        if (proxy.Url == ProxyOptions.Direct && (proxy.CredentialsFile is not null || proxy.SystemCredentials || proxy.Bypass.Count > 0))
        {
            context.Error(proxy, nameof(ProxyOptions.Url), "Without a proxy the other keys mean nothing", "Write the proxy's URL, or remove the other keys");
        }

        if (proxy.CredentialsFile is not null && proxy.SystemCredentials)
        {
            context.Error(proxy, nameof(ProxyOptions.SystemCredentials), "There are two sources of credentials", "Keep credentialsFile, or systemCredentials");
        }

        if (proxy.Scheme != ProxyScheme.Any && proxy.CredentialsFile is null)
        {
            context.Error(proxy, nameof(ProxyOptions.Scheme), "The scheme is for credentialsFile, and there is none", "Add credentialsFile, or remove scheme");
        }
    }

    private static void RefuseDuplicates(IReadOnlyList<ServerOptions> servers, ValidationContext context)
    {
        var first = new Dictionary<string, ServerOptions>(StringComparer.Ordinal);
        foreach (var server in servers.Where(server => server.Name is not null))
        {
            if (!first.TryAdd(server.Name, server))
            {
                var place = context.Locate(first[server.Name], nameof(ServerOptions.Name));
                context.Error(server, nameof(ServerOptions.Name), $"There are two servers named '{server.Name}'; the first is at {place}", "Give one of them another name, or remove it");
            }
        }
    }

    private static void Validate(ServerOptions server, ValidationContext context)
    {
        if (server.Upstream is { } upstream)
        {
            ValidateUpstream(server, upstream, context);
        }

        if (server.Authentication is { } authentication && context.IsSound(authentication))
        {
            ValidateAuthentication(authentication, context);
        }

        if (server.Certificate is { } certificate)
        {
            CertificatePair(certificate, context);
            if (certificate.CertificateFile is null && certificate.KeyFile is null)
            {
                context.Error(certificate, null, "The server's own certificate names no files", "Write certificateFile and keyFile, or remove the section");
            }
        }
    }

    private static void ValidateUpstream(ServerOptions server, Uri upstream, ValidationContext context)
    {
        const string Property = nameof(ServerOptions.Upstream);
        if (upstream.Query.Length > 0)
        {
            context.Error(server, Property, "The upstream's URL has a query", "Write the URL of the MCP endpoint without '?'");
        }

        // As written, since parsing takes the dots out.
        var path = PathOf(upstream.OriginalString);
        if (path.Length > 0 && (path != upstream.AbsolutePath || RequestPathAttribute.FaultOf(path) is not null))
        {
            context.Error(server, Property, $"The path '{path}' is not one that requests may have", "Write it without '..', '//', spaces and encoded slashes");
        }

        if (upstream.Scheme != Uri.UriSchemeHttps && server.UpstreamCaFile is not null)
        {
            context.Error(server, nameof(ServerOptions.UpstreamCaFile), "The upstream has no TLS, so a CA file means nothing", "Write https in 'upstream', or remove the key");
        }

        if (IPAddress.TryParse(upstream.Host.Trim('[', ']'), out var address) && !new AddressRules(server.AllowedNetworks).Allows(address))
        {
            context.Error(
                server, Property, $"The upstream's address {address} is not in the server's allowed networks", $"Add it to 'allowedNetworks', for example {new IPNetwork(address, address.GetAddressBytes().Length * 8)}");
        }
    }

    private static string PathOf(string url)
    {
        var begin = url.IndexOf('/', url.IndexOf("://", StringComparison.Ordinal) + 3);
        var end = url.IndexOf('?');
        return begin < 0 || (end >= 0 && end < begin) ? "" : url[begin..(end < 0 ? url.Length : end)];
    }

    private static void ValidateAuthentication(AuthenticationOptions authentication, ValidationContext context)
    {
        if (authentication.Mode == AuthenticationMode.None)
        {
            if (authentication.Issuer is not null || authentication.RequiredScopes.Count > 0 || authentication.Audiences.Count > 0)
            {
                context.Error(authentication, nameof(AuthenticationOptions.Mode), "With mode 'none' nothing is checked, so the other keys mean nothing", "Write mode: jwt, or remove the other keys");
            }

            return;
        }

        if (authentication.Issuer is null)
        {
            context.Error(authentication, null, "The key 'issuer' is missing, which mode 'jwt' needs", "Add 'issuer:' with the URL that tokens have in 'iss'");
        }
        else if (authentication.Issuer.Scheme != Uri.UriSchemeHttps && !IsNamedLoopback(authentication.Issuer, authentication.IssuerNetworks))
        {
            context.Error(
                authentication, nameof(AuthenticationOptions.Issuer), "The issuer's keys would be fetched without TLS", "Write https; or, for an issuer on this machine, a loopback address that 'issuerNetworks' names");
        }

        for (var i = 0; i < authentication.RequiredScopes.Count; i++)
        {
            var scope = authentication.RequiredScopes[i];
            if (scope == "offline_access")
            {
                context.Error(authentication, nameof(AuthenticationOptions.RequiredScopes), "'offline_access' asks for a refresh token and says nothing about access", "Remove it", i);
            }
            else if (scope.AsSpan().ContainsAnyExceptInRange('!', '~') || scope.Contains('"') || scope.Contains('\\'))
            {
                context.Error(authentication, nameof(AuthenticationOptions.RequiredScopes), "A scope has no spaces, quotes and backslashes", "Write each scope as its own item", i);
            }
        }
    }

    private static bool IsNamedLoopback(Uri issuer, IReadOnlyList<IPNetwork> networks) =>
        IPAddress.TryParse(issuer.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address) && new AddressRules(networks).Allows(address);

    private static void CertificatePair(CertificateOptions certificate, ValidationContext context)
    {
        if (certificate.CertificateFile is null != certificate.KeyFile is null)
        {
            context.Error(certificate, null, "certificateFile and keyFile go together", "Write both, or neither");
        }
    }
}
