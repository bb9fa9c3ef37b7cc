using System.IO.Pipelines;

namespace McpTunnel.Transport.Multiplexing;

/// <summary>
/// Runs a reader that waits for bytes on the read loop that brings them, and everywhere else on the thread pool. Inline means: outside the connection's
/// lock, one at a time, and never from within another; so a reader may call back into the connection.
/// </summary>
internal sealed class ReadLoopScheduler : PipeScheduler
{
    public static readonly ReadLoopScheduler Instance = new();

    [ThreadStatic]
    private static bool _inline;

    private ReadLoopScheduler()
    {
    }

    /// <summary>Calls <paramref name="wake"/>; readers it wakes run before it returns.</summary>
    public static void RunInline<T>(Action<T> wake, T state)
    {
        _inline = true;
        try
        {
            wake(state);
        }
        finally
        {
            _inline = false;
        }
    }

    public override void Schedule(Action<object?> action, object? state)
    {
        if (!_inline)
        {
            ThreadPool.Schedule(action, state);
            return;
        }

        _inline = false;
        try
        {
            action(state);
        }
        finally
        {
            _inline = true;
        }
    }
}
