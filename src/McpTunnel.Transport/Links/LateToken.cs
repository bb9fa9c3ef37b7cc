namespace McpTunnel.Transport.Links;

/// <summary>
/// A cancellation token that costs nothing until somebody asks for it, and whose callbacks run on the thread pool, never on the loop that
/// fires it. Thread-safe.
/// </summary>
internal sealed class LateToken
{
    private CancellationTokenSource? _source;
    private bool _fired;

    public CancellationToken Token
    {
        get
        {
            lock (this)
            {
                return _fired && _source is null ? new CancellationToken(canceled: true) : (_source ??= new CancellationTokenSource()).Token;
            }
        }
    }

    public void Fire()
    {
        CancellationTokenSource? source;
        lock (this)
        {
            if (_fired)
            {
                return;
            }

            _fired = true;
            source = _source;
        }

        if (source is not null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static s => s.Cancel(), source, preferLocal: false);
        }
    }
}
