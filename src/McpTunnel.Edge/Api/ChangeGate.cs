namespace McpTunnel.Edge.Api;

/// <summary>
/// Lets calls that change the registry in, until it is closed: then the registry is another process's, which would not see what this one
/// changes. Thread-safe.
/// </summary>
internal sealed class ChangeGate
{
    private readonly Lock _gate = new();
    private int _inside;
    private TaskCompletionSource? _closed;

    /// <summary>True: <see cref="Leave"/> has to follow.</summary>
    public bool TryEnter()
    {
        lock (_gate)
        {
            if (_closed is not null)
            {
                return false;
            }

            _inside++;
            return true;
        }
    }

    public void Leave()
    {
        lock (_gate)
        {
            if (--_inside == 0)
            {
                _closed?.TrySetResult();
            }
        }
    }

    /// <summary>Lets nobody in any more; completes when nobody is inside.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_inside == 0)
            {
                _closed.TrySetResult();
            }

            return _closed.Task;
        }
    }

    public void Open()
    {
        lock (_gate)
        {
            _closed = null;
        }
    }
}
