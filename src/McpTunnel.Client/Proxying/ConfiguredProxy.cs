using System.Net;

namespace McpTunnel.Client.Proxying;

/// <summary>A proxy of fixed credentials: the one written down, or the environment's.</summary>
/// <param name="address">The one written down; null for the environment's.</param>
/// <param name="environment">Where the environment is asked.</param>
/// <param name="bypass">Who is dialled directly.</param>
/// <param name="credentials">In place of those in the environment's URL; null for those.</param>
/// <param name="login">Tells the credentials from others; null where there are none.</param>
internal sealed class ConfiguredProxy(Uri? address, IWebProxy environment, ProxyBypassList bypass, ICredentials? credentials, string? login) : IWebProxy
{
    public string? Login => login;

    public ICredentials? Credentials
    {
        get => credentials ?? (address is null ? environment.Credentials : null);
        set => throw new NotSupportedException("They are fixed.");
    }

    public Uri? GetProxy(Uri destination) => address ?? environment.GetProxy(destination);

    public bool IsBypassed(Uri host) => bypass.Contains(host) || (address is null && environment.IsBypassed(host));
}
