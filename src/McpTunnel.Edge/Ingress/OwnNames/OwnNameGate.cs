using System.Net.Sockets;
using McpTunnel.Edge.Ingress.Admission;

namespace McpTunnel.Edge.Ingress.OwnNames;

/// <summary>
/// Hands connections for the edge's own names to Kestrel, up to a limit. Those that are no links get only what is left beside all links:
/// they need no credentials and may be kept open for minutes, so strangers could otherwise shut every client out. Thread-safe.
/// </summary>
internal sealed class OwnNameGate(OwnNameQueue queue, int limit, int links)
{
    private readonly Quota _connections = new(limit);
    private readonly Quota _others = new(Math.Max(1, limit - links));

    /// <summary>Connections that Kestrel has now.</summary>
    public long Count => _connections.Used;

    /// <summary>True: the socket and the bytes belong to Kestrel now. False: they still belong to the caller.</summary>
    public bool TryHandOver(string connectionId, Socket socket, HelloBuffer hello, bool isLink)
    {
        if (!TryTake(isLink))
        {
            return false;
        }

        var received = hello.Received.ToArray();
        var connection = new OwnNameConnection(connectionId, socket, received, received.Length, () => Return(isLink));
        if (queue.TryHandOver(connection))
        {
            return true;
        }

        Return(isLink);
        return false;
    }

    private bool TryTake(bool isLink)
    {
        if (!isLink && !_others.TryTake(1))
        {
            return false;
        }

        if (_connections.TryTake(1))
        {
            return true;
        }

        if (!isLink)
        {
            _others.Return(1);
        }

        return false;
    }

    private void Return(bool isLink)
    {
        _connections.Return(1);
        if (!isLink)
        {
            _others.Return(1);
        }
    }
}
