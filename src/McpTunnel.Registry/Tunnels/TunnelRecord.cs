namespace McpTunnel.Registry.Tunnels;

/// <summary>A registered tunnel.</summary>
/// <param name="Id">Its id, <c>tnl_…</c>.</param>
/// <param name="Label">Its DNS label, lower case, unique for ever.</param>
/// <param name="Domain">The domain it serves, lower case.</param>
/// <param name="State">Whether it is in use.</param>
/// <param name="Created">When it was made.</param>
public sealed record TunnelRecord(string Id, string Label, string Domain, TunnelState State, DateTimeOffset Created);
