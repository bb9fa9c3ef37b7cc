using System.Net;
using McpTunnel.Transport.Quic;

namespace McpTunnel.IntegrationTests.Transport.Quic;

/// <summary>Lets everybody in up to a limit, and counts.</summary>
internal sealed class OpenAdmission(int limit) : IQuicAdmission
{
    private int _connections;
    private int _handshakes;

    /// <summary>Connections let in and not gone yet.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Handshakes that came to their end.</summary>
    public int Handshakes => Volatile.Read(ref _handshakes);

    public IQuicAdmitted? TryAdmit(IPAddress address)
    {
        if (Interlocked.Increment(ref _connections) <= limit)
        {
            return new Admitted(this);
        }

        Interlocked.Decrement(ref _connections);
        return null;
    }

    private sealed class Admitted(OpenAdmission admission) : IQuicAdmitted
    {
        private int _disposed;

        public void HandshakeDone() => Interlocked.Increment(ref admission._handshakes);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                Interlocked.Decrement(ref admission._connections);
            }
        }
    }
}
