namespace McpTunnel.Edge.Hosting;

/// <summary>
/// When the management listener serves: from the moment the node does, so that whoever asks for readiness in the middle of a take-over hears the
/// process that serves; and until another one has taken over.
/// </summary>
internal sealed class ManagementGate : IDisposable
{
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _left = new();

    public Task Opened => _opened.Task;

    /// <summary>Cancelled when another process serves this address.</summary>
    public CancellationToken Left => _left.Token;

    public void Open() => _opened.TrySetResult();

    public Task LeaveAsync() => _left.CancelAsync();

    public void Dispose() => _left.Dispose();
}
