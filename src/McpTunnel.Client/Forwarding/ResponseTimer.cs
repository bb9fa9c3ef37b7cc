using System.Collections.Concurrent;

namespace McpTunnel.Client.Forwarding;

/// <summary>
/// Bounds the time to an upstream's response headers, and nothing after them. Pooled, so that a call costs no timer of its own.
/// The
/// pool is as large as the most calls there were at one time. Used by one call at a time.
/// </summary>
internal sealed class ResponseTimer : IDisposable
{
    private readonly ConcurrentQueue<ResponseTimer> _pool;
    private readonly CancellationTokenSource _source;

    private ResponseTimer(ConcurrentQueue<ResponseTimer> pool, TimeProvider time)
    {
        _pool = pool;
        _source = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>Whether the time was up before the headers were there.</summary>
    public bool Expired => _source.IsCancellationRequested;

    public static ResponseTimer Rent(ConcurrentQueue<ResponseTimer> pool, TimeProvider time, TimeSpan timeout)
    {
        if (!pool.TryDequeue(out var timer))
        {
            timer = new ResponseTimer(pool, time);
        }

        timer._source.CancelAfter(timeout);
        return timer;
    }

    /// <summary>The headers are there.</summary>
    public void Disarm() => _source.CancelAfter(Timeout.InfiniteTimeSpan);

    /// <summary>Gives the timer back to its pool.</summary>
    public void Dispose()
    {
        if (_source.TryReset())
        {
            _pool.Enqueue(this);
        }
        else
        {
            _source.Dispose();
        }
    }
}
