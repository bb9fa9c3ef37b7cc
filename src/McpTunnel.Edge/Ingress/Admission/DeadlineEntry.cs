namespace McpTunnel.Edge.Ingress.Admission;

/// <summary>Something that must be over by a deadline. In at most one <see cref="DeadlineQueue"/> at a time.</summary>
internal abstract class DeadlineEntry
{
    internal DeadlineEntry? Previous { get; set; }

    internal DeadlineEntry? Next { get; set; }

    internal DeadlineQueue? Queue { get; set; }

    internal long Started { get; set; }

    /// <summary>The deadline has passed. The entry is no longer in its queue. Must not throw and must not wait.</summary>
    protected internal abstract void OnDeadline();
}
