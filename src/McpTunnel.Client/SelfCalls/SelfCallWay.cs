using System.Net;

namespace McpTunnel.Client.SelfCalls;

/// <summary>How connections get to an edge node: as its links do.</summary>
/// <param name="Authority">Where to, as a proxy is asked for it.</param>
/// <param name="Proxy">Through which proxy; null for none.</param>
/// <param name="Address">The address to dial without one; null for what DNS says.</param>
internal sealed record SelfCallWay(Uri Authority, IWebProxy? Proxy, EndPoint? Address);
