namespace McpTunnel.Transport;

/// <summary>Who a link belongs to, fixed by the handshake.</summary>
/// <param name="LinkId">The edge's name for this link (<c>lnk_…</c>), unique per node.</param>
/// <param name="TunnelId">The tunnel (<c>tnl_…</c>) that token and certificate were both bound to.</param>
/// <param name="Instance">The client process, chosen by the client at start.</param>
/// <param name="LinkIndex">Which of the instance's links this is, from 0.</param>
/// <param name="Generation">Rises with each reconnect of (tunnel, instance, index); the highest one wins.</param>
/// <param name="Node">The edge node that holds the other end.</param>
public sealed record LinkIdentity(string LinkId, string TunnelId, string Instance, int LinkIndex, long Generation, string Node);
