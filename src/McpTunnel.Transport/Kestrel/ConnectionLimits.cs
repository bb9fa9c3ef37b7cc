namespace McpTunnel.Transport.Kestrel;

/// <summary>How many agents' connections a client holds, over all of its links. An edge has limits of its own; these hold where it does not keep to them.</summary>
public sealed record ConnectionLimits
{
    /// <summary>No limits but those of each link.</summary>
    public static ConnectionLimits None { get; } = new() { PendingBytes = long.MaxValue };

    /// <summary>Connections at a time, from 1. Further ones are reset.</summary>
    public int Connections { get; init; } = int.MaxValue;

    /// <summary>
    /// Connections at a time on which no call has been let in yet, TLS handshake included, from 1. When there are as many, the oldest makes way.
    /// </summary>
    public int Pending { get; init; } = int.MaxValue;

    /// <summary>
    /// Bytes in all, TLS included, that are sent on a connection before a call on it is let in; one that would get more is reset. 64 KiB: all refusals that a connection gets and their TLS handshake take half
    /// of that, and an agent that takes nothing of it cannot make its connection stall.
    /// </summary>
    public long PendingBytes { get; init; } = 64 * 1024;
}
