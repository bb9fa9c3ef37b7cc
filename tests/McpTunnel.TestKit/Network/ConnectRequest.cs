namespace McpTunnel.TestKit.Network;

/// <summary>A request that a <see cref="ConnectProxy"/> got.</summary>
/// <param name="Line">Its first line.</param>
/// <param name="Authorization">Its <c>Proxy-Authorization</c>; null when it had none.</param>
/// <param name="Status">What the proxy answered.</param>
public sealed record ConnectRequest(string Line, string? Authorization, int Status);
