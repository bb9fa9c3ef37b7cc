using McpTunnel.Configuration.Binding;
using McpTunnel.Configuration.Rules;
using McpTunnel.Configuration.Values;

namespace McpTunnel.Client.Configuration;

/// <summary>Everything that <c>client.yaml</c> can say. The words of the attributes are the reference in <c>docs/configuration.md</c>.</summary>
public sealed record ClientOptions
{
    [Option("edge", "The edge's address. Links are dialled to the name link.<its host>, same port.")]
    [Url("https", OriginOnly = true)]
    public required Uri Edge { get; init; }

    [Option(
        "edgeCaFile",
        "PEM file with the CAs that may have issued the edge's certificate.",
        Reason = "An edge with a publicly trusted certificate needs none.",
        DefaultText = "the system's CAs")]
    [FilePath]
    public string? EdgeCaFile { get; init; }

    [Option(
        "edgeEndPoints",
        "Where to dial in place of what DNS says about the edge; several are the edge's nodes, and links spread over them. The certificate must still be the edge's.",
        Reason = "For networks without public DNS.",
        DefaultText = "as DNS says")]
    [Count(0, ClientLimits.MaxListItems)]
    public IReadOnlyList<HostEndPoint> EdgeEndPoints { get; init; } = [];

    [Option("proxy", "The HTTP proxy between this machine and the edge, for links and nothing else.")]
    public ProxyOptions Proxy { get; init; } = new();

    [Option("stateDirectory", "Directory made by 'mcptunnel client enroll': link certificate and key, tunnel token, enrolment.json.")]
    [FilePath]
    public required string StateDirectory { get; init; }

    [Option(
        "publicPort",
        "The port in the servers' public URLs, on which agents reach the edge.",
        Reason = "Links and agents share one port of the edge.",
        DefaultText = "the edge's port")]
    [McpTunnel.Configuration.Rules.Range("1", "65535")]
    public int? PublicPort { get; init; }

    [Option("certificate", "The server certificate, presented to agents. Its key never leaves the private network.")]
    public CertificateOptions Certificate { get; init; } = new();

    [Option("links", "The outbound connections to the edge.")]
    public LinksOptions Links { get; init; } = new();

    [Option("limits", "Bounds on what agents may send and hold.")]
    public LimitsOptions Limits { get; init; } = new();

    [Option("management", "The listener for health, status and metrics.")]
    public ManagementOptions Management { get; init; } = new();

    [Option(
        "serversDirectory",
        "Directory whose *.yaml files each add servers, one file per owner. Each file has the one key 'servers'.",
        Reason = "Owners change their file without touching anybody else's.",
        DefaultText = "servers.d beside this file")]
    [FilePath]
    public string? ServersDirectory { get; init; }

    [Option("servers", "The MCP servers that agents may call.")]
    [Count(0, ClientLimits.MaxServers)]
    public IReadOnlyList<ServerOptions> Servers { get; init; } = [];
}
