using McpTunnel.Configuration.Binding;
using McpTunnel.Configuration.Rules;

namespace McpTunnel.Client.Configuration;

/// <summary>One file of <c>servers.d</c>.</summary>
public sealed record ServerFile
{
    [Option("servers", "The MCP servers of this file's owner.")]
    [Count(0, ClientLimits.MaxServers)]
    public IReadOnlyList<ServerOptions> Servers { get; init; } = [];
}
