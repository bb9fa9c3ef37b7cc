using System.Net;
using McpTunnel.Edge.Ingress.Admission;
using McpTunnel.Transport.Quic;

namespace McpTunnel.Edge.Ingress.Quic;

/// <summary>
/// Limits QUIC connections with the figures that hold for TCP, in counts of their own: a first UDP packet may claim any source address, and must
/// not use up what is meant for the TCP connections of whoever really has it. Thread-safe.
/// </summary>
internal sealed class QuicAdmission(AdmissionLimits limits, int connections, TimeProvider time) : IQuicAdmission
{
    private readonly Quota _connections = new(connections);
    private readonly Quota _pending = new(limits.Pending);
    private readonly AdmissionControl _origins = new(limits, time);
    private volatile bool _closed;

    /// <summary>Connections let in and not gone yet.</summary>
    public long Connections => _connections.Used;

    /// <summary>Of these, the ones whose handshake is not over.</summary>
    public long Pending => _pending.Used;

    /// <summary>Refuses everybody from now on, which a client hears at once; a port where nobody answers would cost it seconds.</summary>
    public void Close() => _closed = true;

    public IQuicAdmitted? TryAdmit(IPAddress address)
    {
        if (_closed || !_connections.TryTake(1))
        {
            return null;
        }

        if (_pending.TryTake(1))
        {
            if (_origins.TryAdmit(address, out var origin) is null)
            {
                return new Admitted(this, origin);
            }

            _pending.Return(1);
        }

        _connections.Return(1);
        return null;
    }

    private sealed class Admitted(QuicAdmission admission, Origin origin) : IQuicAdmitted
    {
        private int _handshakeDone;
        private int _disposed;

        public void HandshakeDone()
        {
            if (Interlocked.Exchange(ref _handshakeDone, 1) == 0)
            {
                admission._pending.Return(1);
                admission._origins.ReleasePending(origin);
            }
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                HandshakeDone();
                admission._connections.Return(1);
            }
        }
    }
}
