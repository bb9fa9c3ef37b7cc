namespace McpTunnel.Edge.Ingress.Admission;

/// <summary>
/// The connections that are not served yet, up to a limit. A full table does not keep newcomers out: the oldest that is least worth
/// keeping makes way. An agent's ClientHello comes within a round trip, so whoever fills the table with silence must open
/// connections faster than agents finish, and not just once in each time-out. Every operation is a few pointers. Thread-safe.
/// </summary>
internal sealed class PendingTable(int limit)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<PendingConnection>[] _stages = [new(), new(), new(), new()];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Takes in a connection that has sent nothing yet; false when the table is full of connections that do not make way.</summary>
    public bool TryAdd(PendingConnection connection)
    {
        PendingConnection? dropped = null;
        lock (_gate)
        {
            if (_count >= limit)
            {
                dropped = TakeLeastWorth();
                if (dropped is null)
                {
                    return false;
                }
            }

            Append(connection, PendingStage.Silent);
            _count++;
        }

        dropped?.OnDropped();
        return true;
    }

    /// <summary>Notes how far a connection has come; false when it had to make way before.</summary>
    public bool TryMove(PendingConnection connection, PendingStage stage)
    {
        lock (_gate)
        {
            if (connection.Place is null)
            {
                return false;
            }

            _stages[(int)connection.Stage].Remove(connection.Place);
            Append(connection, stage);
            return true;
        }
    }

    /// <summary>Takes a connection out; nothing happens when it had to make way before.</summary>
    public void Remove(PendingConnection connection)
    {
        lock (_gate)
        {
            if (connection.Place is not null)
            {
                TakeOut(connection);
            }
        }
    }

    private PendingConnection? TakeLeastWorth()
    {
        for (var stage = PendingStage.Refused; stage < PendingStage.Dispatching; stage++)
        {
            if (_stages[(int)stage].First is { } oldest)
            {
                TakeOut(oldest.Value);
                return oldest.Value;
            }
        }

        return null;
    }

    private void Append(PendingConnection connection, PendingStage stage)
    {
        connection.Stage = stage;
        var place = connection.Place ??= new LinkedListNode<PendingConnection>(connection);
        _stages[(int)stage].AddLast(place);
    }

    private void TakeOut(PendingConnection connection)
    {
        _stages[(int)connection.Stage].Remove(connection.Place!);
        connection.Place = null;
        _count--;
    }
}
