using McpTunnel.Protocol.Control.Messages;

namespace McpTunnel.Edge;

/// <summary>This node: its name, and whether it is leaving.</summary>
internal sealed class EdgeNode(string name) : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private bool _leaving;

    public string Name { get; } = name;

    /// <summary>The nodes that clients are told of besides this one.</summary>
    public IReadOnlyList<OtherNode> Others { get; init; } = [];

    /// <summary>Whether no new connection should come here any more; those that have come are served until <see cref="IsDraining"/>.</summary>
    public bool IsLeaving => Volatile.Read(ref _leaving) || IsDraining;

    /// <summary>Whether no new stream and no new link is taken any more.</summary>
    public bool IsDraining => _stopping.IsCancellationRequested;

    /// <summary>Cancelled when the node begins to leave.</summary>
    public CancellationToken Stopping => _stopping.Token;

    public void BeginLeaving() => Volatile.Write(ref _leaving, true);

    public void BeginDrain() => _stopping.Cancel();

    public void Dispose() => _stopping.Dispose();
}
