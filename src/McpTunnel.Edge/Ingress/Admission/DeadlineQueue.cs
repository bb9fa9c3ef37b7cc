namespace McpTunnel.Edge.Ingress.Admission;

/// <summary>
/// Deadlines that all lie equally far ahead, so that the order of arrival is the order of expiry: adding, removing and expiring
/// one costs a few pointers, and one sweep serves thousands of connections without a timer for each. Thread-safe.
/// </summary>
internal sealed class DeadlineQueue(TimeSpan timeout, TimeProvider time)
{
    private readonly Lock _gate = new();
    private DeadlineEntry? _first;
    private DeadlineEntry? _last;

    public void Add(DeadlineEntry entry)
    {
        lock (_gate)
        {
            entry.Started = time.GetTimestamp();
            entry.Queue = this;
            entry.Previous = _last;
            if (_last is null)
            {
                _first = entry;
            }
            else
            {
                _last.Next = entry;
            }

            _last = entry;
        }
    }

    /// <summary>Takes the entry out; false when it had expired already, or was never in.</summary>
    public bool Remove(DeadlineEntry entry)
    {
        lock (_gate)
        {
            return Unlink(entry);
        }
    }

    /// <summary>Expires what is due, in the order of arrival.</summary>
    public void Sweep()
    {
        var now = time.GetTimestamp();
        while (TakeDue(now) is { } entry)
        {
            entry.OnDeadline();
        }
    }

    private DeadlineEntry? TakeDue(long now)
    {
        lock (_gate)
        {
            if (_first is not { } entry || time.GetElapsedTime(entry.Started, now) < timeout)
            {
                return null;
            }

            Unlink(entry);
            return entry;
        }
    }

    private bool Unlink(DeadlineEntry entry)
    {
        if (entry.Queue != this)
        {
            return false;
        }

        if (entry.Previous is null)
        {
            _first = entry.Next;
        }
        else
        {
            entry.Previous.Next = entry.Next;
        }

        if (entry.Next is null)
        {
            _last = entry.Previous;
        }
        else
        {
            entry.Next.Previous = entry.Previous;
        }

        entry.Previous = null;
        entry.Next = null;
        entry.Queue = null;
        return true;
    }
}
