namespace McpTunnel.Client.Linking;

/// <summary>The wait before a slot's next dial, which may be cut short when another link of the client has found the edge again. Thread-safe.</summary>
/// <param name="length">How long, if nothing happens.</param>
/// <param name="isForEdge">Whether it waits for an edge that it could not reach. What an edge asked for, and what follows a link that broke, is waited for to the end.</param>
/// <param name="time">The clock.</param>
internal sealed class RetryWait(TimeSpan length, bool isForEdge, TimeProvider time)
{
    private readonly TaskCompletionSource<TimeSpan> _sooner = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _began = time.GetTimestamp();

    /// <summary>Ends it after <paramref name="rest"/> at the latest. Whether that changed anything; it does so once.</summary>
    public bool CutShort(TimeSpan rest) => isForEdge && rest < length - time.GetElapsedTime(_began) && _sooner.TrySetResult(rest);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        TimeSpan rest;
        try
        {
            rest = await _sooner.Task.WaitAsync(length, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return;
        }

        await Task.Delay(rest, time, cancellationToken);
    }
}
