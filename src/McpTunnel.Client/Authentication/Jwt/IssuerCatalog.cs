using System.Security.Cryptography.X509Certificates;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Egress;
using McpTunnel.Client.Proxying;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.Authentication.Jwt;

/// <summary>
/// The issuers of the configuration in force. Servers with the same issuer share its keys, and keys outlive a reload. Used by one
/// reload at a time.
/// </summary>
internal sealed class IssuerCatalog(EdgeProxy proxy, IHostResolver resolver, TimeProvider time, ILoggerFactory loggers) : IDisposable
{
    private readonly Dictionary<IssuerSettings, (IssuerClient Client, IssuerKeySource Keys)> _issuers = [];

    /// <summary>The keys of a server's issuer.</summary>
    /// <param name="options">A server with an issuer.</param>
    /// <param name="authorities">The contents of its CA file.</param>
    public IssuerKeySource Get(AuthenticationOptions options, X509Certificate2Collection? authorities)
    {
        var settings = IssuerSettings.Of(options);
        if (!_issuers.TryGetValue(settings, out var issuer))
        {
            var client = new IssuerClient(settings.Issuer, new AddressRules(options.IssuerNetworks), authorities, proxy, resolver, time);
            issuer = (client, new IssuerKeySource(settings.Issuer, client.FetchKeySetAsync, time, loggers.CreateLogger<IssuerKeySource>()));
            _issuers.Add(settings, issuer);
        }

        return issuer.Keys;
    }

    /// <summary>Forgets issuers that no server has any more.</summary>
    public void Keep(IEnumerable<AuthenticationOptions> inUse)
    {
        var kept = inUse.Where(options => options.Issuer is not null).Select(IssuerSettings.Of).ToHashSet();
        foreach (var settings in _issuers.Keys.Where(settings => !kept.Contains(settings)).ToList())
        {
            _issuers.Remove(settings, out var issuer);
            issuer.Client.Dispose();
        }
    }

    public void Dispose() => Keep([]);
}
