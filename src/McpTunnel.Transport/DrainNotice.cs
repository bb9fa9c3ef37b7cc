namespace McpTunnel.Transport;

/// <summary>The edge's wish that a client moves away from this link.</summary>
/// <param name="ReconnectAfter">When to begin.</param>
/// <param name="TryFor">How long the old link still lives.</param>
/// <param name="Reason">For a person.</param>
public sealed record DrainNotice(TimeSpan ReconnectAfter, TimeSpan TryFor, string Reason);
