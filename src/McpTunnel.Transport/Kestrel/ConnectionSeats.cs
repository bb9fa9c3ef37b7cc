using System.Diagnostics.CodeAnalysis;

namespace McpTunnel.Transport.Kestrel;

/// <summary>
/// The agents' connections of all links of a client, counted from the moment their stream is taken until nothing of the connection is left. Each has a seat; those on which no call has been let in yet stand in a
/// line as well, and the first of a full line makes way. Thread-safe.
/// </summary>
/// <param name="limits">How many.</param>
internal sealed class ConnectionSeats(ConnectionLimits limits)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Seat> _pending = [];
    private int _taken;

    public ConnectionLimits Limits => limits;

    /// <summary>Connections that there are, and those of them on which no call has been let in.</summary>
    public (int Connections, int Pending) Count
    {
        get
        {
            lock (_lock)
            {
                return (_taken, _pending.Count);
            }
        }
    }

    /// <summary>A seat for a stream; false when all are taken.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="seat">To be given back when nothing of the connection is left.</param>
    /// <param name="first">The stream that has to make way for it, to be reset by the caller; its seat stays taken until it is given back.</param>
    public bool TryTake(ILinkStream stream, [NotNullWhen(true)] out Seat? seat, out ILinkStream? first)
    {
        seat = null;
        first = null;
        lock (_lock)
        {
            if (_taken >= limits.Connections)
            {
                return false;
            }

            if (_pending.Count >= limits.Pending)
            {
                var oldest = _pending.First!.Value;
                oldest.LeaveLine();
                first = oldest.Stream;
            }

            _taken++;
            seat = new Seat(this, stream);
            return true;
        }
    }

    /// <summary>One connection's place in the count.</summary>
    internal sealed class Seat
    {
        private readonly ConnectionSeats _seats;
        private readonly LinkedListNode<Seat> _place;
        private volatile bool _isPending = true;
        private bool _givenBack;

        /// <summary>Under the lock.</summary>
        public Seat(ConnectionSeats seats, ILinkStream stream)
        {
            _seats = seats;
            Stream = stream;
            _place = seats._pending.AddLast(this);
        }

        public ILinkStream Stream { get; }

        /// <summary>Whether so many bytes may have been sent on the connection by now.</summary>
        public bool MaySend(long bytes) => !_isPending || bytes <= _seats.Limits.PendingBytes;

        /// <summary>A call was let in.</summary>
        public void LetIn()
        {
            if (_isPending)
            {
                lock (_seats._lock)
                {
                    LeaveLine();
                }
            }
        }

        public void GiveBack()
        {
            lock (_seats._lock)
            {
                if (!_givenBack)
                {
                    _givenBack = true;
                    _seats._taken--;
                    LeaveLine();
                }
            }
        }

        /// <summary>Under the lock.</summary>
        public void LeaveLine()
        {
            if (_isPending)
            {
                _isPending = false;
                _seats._pending.Remove(_place);
            }
        }
    }
}
