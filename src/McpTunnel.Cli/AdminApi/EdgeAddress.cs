using System.Net;
using McpTunnel.Certificates.Files;
using McpTunnel.Cli.Shell;
using McpTunnel.Configuration.Values;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Initialization;

namespace McpTunnel.Cli.AdminApi;

/// <summary>Where the parts of an <see cref="EdgeConnection"/> come from when nothing is said: the edge's own state directory.</summary>
/// <param name="Edge">The edge's URL.</param>
/// <param name="ConnectTo">The address to dial; null for DNS.</param>
/// <param name="CaFile">The CA of the edge's own certificate; null for the system's.</param>
/// <param name="Management">Its management listener; null when that has any free port.</param>
internal sealed record EdgeAddress(Uri Edge, EndPoint? ConnectTo, string? CaFile, Uri? Management)
{
    /// <summary>Reads the address out of the state directory, for whoever is on the edge's own machine.</summary>
    public static EdgeAddress FromState(string directory)
    {
        var configuration = Path.Combine(directory, EdgeStateFiles.Configuration);
        if (!File.Exists(configuration))
        {
            throw new CliException(ExitCode.Usage, "No edge was made in this state directory.", configuration, $"Make it: mcptunnel edge init --domain DOMAIN --state {ShellText.Quote(directory)}");
        }

        StateDirectory.Check(directory);
        var options = EdgeConfiguration.Loader().Load(configuration).Require();
        var listen = options.Listen[0];
        var ca = Path.Combine(directory, EdgeStateFiles.EdgeCa);
        return new EdgeAddress(Url(options.Domain, listen.Port), Reachable(listen), File.Exists(ca) ? ca : null, options.Management.Port == 0 ? null : new Uri($"http://{Reachable(options.Management)}"));
    }

    /// <exception cref="CliException">Not an https URL without a path.</exception>
    public static Uri ParseUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttps && url.PathAndQuery == "/"
            ? url
            : throw new CliException(ExitCode.Usage, $"'{text}' is not the URL of an edge.", "--edge", "Write https://DOMAIN or https://DOMAIN:PORT.");

    /// <exception cref="CliException">Not HOST:PORT.</exception>
    public static EndPoint ParseEndPoint(string text)
    {
        if (!HostEndPoint.TryParse(text, out var parsed))
        {
            throw new CliException(ExitCode.Usage, $"'{text}' is not HOST:PORT.", "--connect", "Write for example 192.0.2.1:443 or [2001:db8::1]:443.");
        }

        return parsed!.TryGetIPEndPoint(out var address) ? address! : new DnsEndPoint(parsed.Host, parsed.Port);
    }

    private static Uri Url(string domain, int port) => new UriBuilder(Uri.UriSchemeHttps, domain, port == 443 ? -1 : port).Uri;

    /// <summary>A wildcard is for listening; on the same machine loopback reaches it.</summary>
    private static EndPoint Reachable(HostEndPoint listen)
    {
        if (!listen.TryGetIPEndPoint(out var address))
        {
            return new DnsEndPoint(listen.Host, listen.Port);
        }

        return address!.Address.Equals(IPAddress.Any) || address.Address.Equals(IPAddress.IPv6Any)
            ? new IPEndPoint(IPAddress.Loopback, address.Port)
            : address;
    }
}
