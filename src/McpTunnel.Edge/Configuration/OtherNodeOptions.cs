using McpTunnel.Configuration.Binding;
using McpTunnel.Configuration.Rules;
using McpTunnel.Configuration.Values;

namespace McpTunnel.Edge.Configuration;

/// <summary>A node of the edge, as clients are told of it.</summary>
public sealed record OtherNodeOptions
{
    [Option("node", "The node's name, as 'node' in its own edge.yaml says.")]
    [Text(1, 64)]
    public required string Node { get; init; }

    [Option("address", "Host and port at which it takes links; a name is resolved by the client. It shows a certificate for link.<domain> there, as this node does.")]
    public required HostEndPoint Address { get; init; }
}
