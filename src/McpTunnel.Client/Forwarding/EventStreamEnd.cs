namespace McpTunnel.Client.Forwarding;

/// <summary>
/// Ends event streams in good order shortly before the grace of a client that stops is over. A call that is cut says so; an event stream that is merely over is taken up again by its agent, and an event
/// that it breaks off in is discarded there (HTML, section 9.2.6). Thread-safe.
/// </summary>
internal sealed class EventStreamEnd : IDisposable
{
    private readonly CancellationTokenSource _source = new();

    public EventStreamEnd() => Token = _source.Token;

    /// <summary>Cancelled when they end.</summary>
    public CancellationToken Token { get; }

    public void Begin() => _source.Cancel();

    public void Dispose() => _source.Dispose();
}
