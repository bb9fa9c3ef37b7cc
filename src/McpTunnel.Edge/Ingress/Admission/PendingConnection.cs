namespace McpTunnel.Edge.Ingress.Admission;

/// <summary>A connection that is not served yet. In at most one <see cref="PendingTable"/> and one <see cref="DeadlineQueue"/> at a time.</summary>
internal abstract class PendingConnection : DeadlineEntry
{
    internal PendingStage Stage { get; set; }

    /// <summary>Its place in the table's order of this stage; null once it is out of the table.</summary>
    internal LinkedListNode<PendingConnection>? Place { get; set; }

    /// <summary>It made way for a newcomer and is out of the table. Must not throw and must not wait.</summary>
    protected internal abstract void OnDropped();
}
