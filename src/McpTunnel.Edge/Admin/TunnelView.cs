using McpTunnel.Registry.Tunnels;

namespace McpTunnel.Edge.Admin;

/// <param name="Id">The tunnel's id.</param>
/// <param name="Label">Its label.</param>
/// <param name="Domain">The domain it serves.</param>
/// <param name="State">Whether it is in use.</param>
/// <param name="Created">When it was made.</param>
internal sealed record TunnelView(string Id, string Label, string Domain, TunnelState State, DateTimeOffset Created)
{
    public static TunnelView Of(TunnelRecord tunnel) => new(tunnel.Id, tunnel.Label, tunnel.Domain, tunnel.State, tunnel.Created);
}
