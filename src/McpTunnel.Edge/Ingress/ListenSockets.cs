using System.Net.Sockets;

namespace McpTunnel.Edge.Ingress;

/// <summary>All that this process listens on, opened here or taken over from the process before, so that it can be given on. Thread-safe.</summary>
/// <param name="inherited">Listening sockets of the process before, with their names; owned from now on.</param>
internal sealed class ListenSockets(IEnumerable<(string Name, Socket Socket)> inherited) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<(string Name, Socket Socket)> _inherited = [.. inherited];
    private readonly List<ListenSocket> _sockets = [];

    /// <summary>What is open now.</summary>
    public IReadOnlyList<ListenSocket> Open
    {
        get
        {
            lock (_gate)
            {
                return [.. _sockets];
            }
        }
    }

    /// <summary>The inherited socket of this name, or else what <paramref name="open"/> makes.</summary>
    public ListenSocket Take(string name, Func<Socket> open)
    {
        lock (_gate)
        {
            var at = _inherited.FindIndex(socket => string.Equals(socket.Name, name, StringComparison.Ordinal));
            var socket = new ListenSocket(name, at < 0 ? open() : _inherited[at].Socket);
            if (at >= 0)
            {
                _inherited.RemoveAt(at);
            }

            _sockets.Add(socket);
            return socket;
        }
    }

    /// <summary>Closes what was inherited and nobody took: addresses that are in the configuration no more.</summary>
    public void CloseUnused()
    {
        lock (_gate)
        {
            _inherited.ForEach(socket => socket.Socket.Dispose());
            _inherited.Clear();
        }
    }

    /// <summary>Closes all. Idempotent. Connections that wait to be accepted go on in a process that holds the socket too.</summary>
    public void Dispose()
    {
        CloseUnused();
        lock (_gate)
        {
            _sockets.ForEach(socket => socket.Dispose());
            _sockets.Clear();
        }
    }
}
