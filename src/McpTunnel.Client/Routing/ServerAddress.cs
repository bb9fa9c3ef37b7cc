using System.Globalization;
using McpTunnel.Client.Configuration;

namespace McpTunnel.Client.Routing;

/// <summary>How agents write a server: the OAuth resource, and the base of its metadata (RFC 8707, RFC 9728). Immutable.</summary>
internal sealed record ServerAddress
{
    private const int HttpsPort = 443;

    private ServerAddress(string host, int port, string path)
    {
        Host = host;
        Authority = port == HttpsPort ? host : string.Create(CultureInfo.InvariantCulture, $"{host}:{port}");
        Origin = "https://" + Authority;
        Path = path;
    }

    /// <summary>The public name, lower case, without port.</summary>
    public string Host { get; }

    /// <summary>Name and port; the port is left out where it is 443.</summary>
    public string Authority { get; }

    /// <summary><c>https://</c> and <see cref="Authority"/>.</summary>
    public string Origin { get; }

    /// <summary>The MCP endpoint's path.</summary>
    public string Path { get; }

    /// <summary>The MCP endpoint: what agents are configured with, and what tokens are for.</summary>
    public string Url => Origin + Path;

    public static ServerAddress Of(ServerOptions server, string tunnelDomain, int publicPort) =>
        new($"{server.Name}.{tunnelDomain}".ToLowerInvariant(), publicPort, server.EndpointPath);
}
