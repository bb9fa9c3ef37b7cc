using McpTunnel.Registry.Tunnels;

namespace McpTunnel.Registry.Storage;

internal sealed class TunnelEntity
{
    public required string Id { get; init; }

    public required string Label { get; init; }

    public required string Domain { get; init; }

    public required TunnelState State { get; set; }

    public required DateTimeOffset Created { get; init; }

    public TunnelRecord ToRecord() => new(Id, Label, Domain, State, Created);
}
