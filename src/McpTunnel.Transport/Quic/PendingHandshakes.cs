using System.Collections.Concurrent;
using System.Net.Quic;

namespace McpTunnel.Transport.Quic;

/// <summary>
/// What was admitted and has not finished its handshake. The runtime tells which handshake succeeded, not which failed; so whatever
/// is here after the time for a handshake has failed. Thread-safe.
/// </summary>
internal sealed class PendingHandshakes(TimeSpan limit, TimeProvider time)
{
    private readonly ConcurrentDictionary<QuicConnection, Entry> _entries = new();

    public int Count => _entries.Count;

    public void Add(QuicConnection connection, IQuicAdmitted admitted) => _entries[connection] = new Entry(admitted, time.GetTimestamp());

    /// <summary>The handshake succeeded; what was admitted belongs to the caller now. Null when its time was over.</summary>
    public IQuicAdmitted? Take(QuicConnection connection) => _entries.TryRemove(connection, out var entry) ? entry.Admitted : null;

    /// <summary>Lets go of those whose time is over.</summary>
    public void Sweep()
    {
        foreach (var (connection, entry) in _entries)
        {
            if (time.GetElapsedTime(entry.Began) >= limit)
            {
                Take(connection)?.Dispose();
            }
        }
    }

    public void Clear()
    {
        foreach (var connection in _entries.Keys)
        {
            Take(connection)?.Dispose();
        }
    }

    private sealed record Entry(IQuicAdmitted Admitted, long Began);
}
