using System.Net;
using McpTunnel.Configuration.Binding;
using McpTunnel.Configuration.Rules;
using McpTunnel.Configuration.Values;

namespace McpTunnel.Client.Configuration;

/// <summary>One private MCP server.</summary>
public sealed record ServerOptions
{
    /// <summary>The path of an upstream whose URL names none.</summary>
    public const string DefaultPath = "/mcp";

    [Option("name", "The first label of the server's public name: docs is reached at docs.<tunnel domain>.")]
    [DnsLabel]
    public required string Name { get; init; }

    [Option("upstream", "The MCP endpoint in the private network, such as http://10.0.0.5:3000/mcp. Without a path, /mcp is meant. The public URL has the same path.")]
    [Url("http", "https")]
    public required Uri Upstream { get; init; }

    [Option("authentication", "Who may call.")]
    public required AuthenticationOptions Authentication { get; init; }

    [Option(
        "paths",
        "Paths that agents may reach; each covers everything below it. [/] exposes all.",
        Reason = "What is not the MCP endpoint stays private.",
        DefaultText = "the upstream's path")]
    [Count(0, ClientLimits.MaxListItems)]
    [RequestPath]
    public IReadOnlyList<string> Paths { get; init; } = [];

    [Option(
        "allowedNetworks",
        "Networks in which the upstream may be dialled, judged on the very address that is dialled. Loopback, link-local (cloud metadata) and multicast addresses count only when a network inside those ranges is named.",
        Reason = "Private ranges: a name that suddenly points to the internet or to this machine is refused.")]
    [Count(1, ClientLimits.MaxListItems)]
    public IReadOnlyList<IPNetwork> AllowedNetworks { get; init; } =
    [
        IPNetwork.Parse("10.0.0.0/8"),
        IPNetwork.Parse("172.16.0.0/12"),
        IPNetwork.Parse("192.168.0.0/16"),
        IPNetwork.Parse("100.64.0.0/10"),
        IPNetwork.Parse("fc00::/7"),
    ];

    [Option(
        "allowedOrigins",
        "Values of the Origin header that are accepted, such as https://app.example.com. A request without the header is always accepted.",
        Reason = "Agents are not browsers; a web page that calls is an exception to be named.")]
    [Count(0, ClientLimits.MaxListItems)]
    [Origin]
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    [Option("upstreamProtocol", "http1, or http2 (with prior knowledge where the upstream has no TLS).", Reason = "Every MCP server speaks HTTP/1.1.")]
    public UpstreamProtocol UpstreamProtocol { get; init; }

    [Option("upstreamCaFile", "PEM file with the CAs that may have issued the upstream's certificate.", DefaultText = "the system's CAs")]
    [FilePath]
    public string? UpstreamCaFile { get; init; }

    [Option(
        "preserveHost",
        "Whether the upstream gets the public name as Host. Otherwise it gets its own, and the public one in X-Forwarded-Host.",
        Reason = "Servers guard against foreign Host headers.")]
    public bool PreserveHost { get; init; }

    [Option("connectTimeout", "Time to connect to the upstream, TLS included.", Reason = "Three retransmissions in a private network.")]
    [McpTunnel.Configuration.Rules.Range("100ms", "2m")]
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    [Option(
        "responseTimeout",
        "Time from the request to the upstream's response headers. There is none on a response that has begun, however quiet.",
        Reason = "Long tool calls that answer with one JSON document; it bounds what a hung upstream holds.")]
    [McpTunnel.Configuration.Rules.Range("1s", "24h")]
    public TimeSpan ResponseTimeout { get; init; } = TimeSpan.FromHours(1);

    [Option("maxRequestBody", "The largest request body for this server.", DefaultText = "limits.maxRequestBody")]
    [McpTunnel.Configuration.Rules.Range("1KiB", "1GiB")]
    public ByteSize? MaxRequestBody { get; init; }

    [Option("certificate", "A certificate for this server alone.", DefaultText = "the client's")]
    public CertificateOptions? Certificate { get; init; }

    /// <summary>The path of the MCP endpoint, the same outside and inside.</summary>
    public string EndpointPath => Upstream.AbsolutePath == "/" ? DefaultPath : Upstream.AbsolutePath;
}
