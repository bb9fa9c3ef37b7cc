using System.Net.Sockets;
using McpTunnel.Edge.Ingress.Admission;

namespace McpTunnel.Edge.Ingress.OwnNames;

/// <summary>Hands connections for the edge's own names to Kestrel, up to a limit. Thread-safe.</summary>
internal sealed class OwnNameGate(OwnNameQueue queue, int limit)
{
    private readonly Quota _connections = new(limit);

    /// <summary>Connections that Kestrel has now.</summary>
    public long Count => _connections.Used;

    /// <summary>True: the socket and the bytes belong to Kestrel now. False: they still belong to the caller.</summary>
    public bool TryHandOver(string connectionId, Socket socket, HelloBuffer hello)
    {
        if (!_connections.TryTake(1))
        {
            return false;
        }

        var received = hello.Received.ToArray();
        var connection = new OwnNameConnection(connectionId, socket, received, received.Length, () => _connections.Return(1));
        if (queue.TryHandOver(connection))
        {
            return true;
        }

        _connections.Return(1);
        return false;
    }
}
