namespace McpTunnel.Edge.Ingress.Admission;

/// <summary>What one source is using. Guarded by the lock of its <see cref="SourceTable"/>.</summary>
internal sealed class Source(SourceKey key, double tokens, long refilled)
{
    public SourceKey Key { get; } = key;

    /// <summary>Its place in the table's order of last use; null for the shared entry.</summary>
    public LinkedListNode<Source>? Node { get; set; }

    public double Tokens { get; set; } = tokens;

    public long Refilled { get; set; } = refilled;

    public int Pending { get; set; }

    public int Streams { get; set; }

    public int Callers { get; set; }
}
