using System.Net.Sockets;
using McpTunnel.Edge.Ingress.Admission;

namespace McpTunnel.Edge.Ingress.OwnNames;

/// <summary>
/// Hands connections for the edge's own names to Kestrel, up to a limit. Those that are no links get only what is left beside all links,
/// and each source only its part of that: they need no credentials and may be kept open for minutes, so strangers could otherwise shut every
/// client, or every other caller, out. Thread-safe.
/// </summary>
internal sealed class OwnNameGate(OwnNameQueue queue, AdmissionControl admission, int limit, int links)
{
    private readonly Quota _connections = new(limit);
    private readonly Quota _others = new(Math.Max(1, limit - links));

    /// <summary>Connections that Kestrel has now.</summary>
    public long Count => _connections.Used;

    /// <summary>True: the socket and the bytes belong to Kestrel now. False: they still belong to the caller.</summary>
    public bool TryHandOver(string connectionId, Socket socket, HelloBuffer hello, Origin origin, bool isLink)
    {
        if (!TryTake(origin, isLink))
        {
            return false;
        }

        var received = hello.Received.ToArray();
        var connection = new OwnNameConnection(connectionId, socket, received, received.Length, () => Return(origin, isLink));
        if (queue.TryHandOver(connection))
        {
            return true;
        }

        Return(origin, isLink);
        return false;
    }

    private bool TryTake(Origin origin, bool isLink)
    {
        if (!isLink && !TryTakeAsCaller(origin))
        {
            return false;
        }

        if (_connections.TryTake(1))
        {
            return true;
        }

        if (!isLink)
        {
            ReturnAsCaller(origin);
        }

        return false;
    }

    private bool TryTakeAsCaller(Origin origin)
    {
        if (!_others.TryTake(1))
        {
            return false;
        }

        if (admission.TryAddCaller(origin))
        {
            return true;
        }

        _others.Return(1);
        return false;
    }

    private void ReturnAsCaller(Origin origin)
    {
        _others.Return(1);
        admission.ReleaseCaller(origin);
    }

    private void Return(Origin origin, bool isLink)
    {
        _connections.Return(1);
        if (!isLink)
        {
            ReturnAsCaller(origin);
        }
    }
}
