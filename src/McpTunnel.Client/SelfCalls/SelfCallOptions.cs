namespace McpTunnel.Client.SelfCalls;

/// <summary>When a client calls itself.</summary>
internal sealed record SelfCallOptions
{
    /// <summary>How often; zero for never.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A call that takes longer has failed. 10 s: a mobile network with loss.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>While calls fail, they are repeated after a second, then less often, and at least so often. 10 s.</summary>
    public TimeSpan AgainAfterFailure { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Every link is tried at least so often; in between one call says that the path is there. While none serves any, one is replaced so often. 5 min.</summary>
    public TimeSpan AllLinksEvery { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>After a link has been replaced, no other is for so long, whatever calls say. 1 min: every link is one more handshake, and what the new one changes is to be seen first.</summary>
    public TimeSpan ReplaceEvery { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Connections held open at once to reach every link, also a busy one, and among those of other instances. 32: eight instances.</summary>
    public int MostConnections { get; init; } = 32;
}
