using McpTunnel.Transport;

namespace McpTunnel.Edge.Directory;

/// <summary>
/// The live links of one tunnel. Reading is free of locks: the array is replaced, never changed; only <see cref="LinkDirectory"/>
/// replaces it, under its own lock.
/// </summary>
internal sealed class LinkSet(string tunnelId)
{
    private volatile LinkEntry[] _links = [];
    private int _streams;
    private uint _turn;

    public string TunnelId { get; } = tunnelId;

    public IReadOnlyList<LinkEntry> Links => _links;

    /// <summary>Agent connections being relayed to this tunnel.</summary>
    public int Streams => Volatile.Read(ref _streams);

    public bool TryAddStream(int limit)
    {
        if (Interlocked.Increment(ref _streams) <= limit)
        {
            return true;
        }

        Interlocked.Decrement(ref _streams);
        return false;
    }

    public void ReleaseStream() => Interlocked.Decrement(ref _streams);

    /// <summary>
    /// The live, non-draining link with the fewest streams that is not among <paramref name="except"/>; null when there is none. Of those with as few, each has its turn: short streams one after another,
    /// between which no link has any, use all links too.
    /// </summary>
    public LinkEntry? Pick(List<LinkEntry>? except)
    {
        LinkEntry? best = null;
        var fewest = int.MaxValue;
        var links = _links;
        var turn = Interlocked.Increment(ref _turn);
        for (var i = 0; i < links.Length; i++)
        {
            var entry = links[(turn + (uint)i) % (uint)links.Length];
            if (entry.Link.State != LinkState.Active || (except is not null && except.Contains(entry)))
            {
                continue;
            }

            var streams = entry.Link.StreamCount;
            if (streams < fewest)
            {
                fewest = streams;
                best = entry;
            }
        }

        return best;
    }

    internal void Replace(LinkEntry? old, LinkEntry? replacement)
    {
        var links = new List<LinkEntry>(_links);
        if (old is not null)
        {
            links.Remove(old);
        }

        if (replacement is not null)
        {
            links.Add(replacement);
        }

        _links = [.. links];
    }
}
