using System.Net;
using System.Net.Sockets;

namespace McpTunnel.Edge.Ingress;

/// <summary>
/// A listening socket that another process may hold too. Closing it closes this process's descriptor and does nothing else: the framework ends
/// operations that are in progress by disconnecting the socket or by an option of it, which would reach the other process as well. So
/// connections are accepted through a second object that does not own the descriptor.
/// </summary>
internal sealed class ListenSocket : IDisposable
{
    private readonly Socket _owner;

    /// <param name="name">What it is for, the same in both processes.</param>
    /// <param name="owner">The socket, listening; owned from now on, and used for nothing else.</param>
    public ListenSocket(string name, Socket owner)
    {
        Name = name;
        _owner = owner;
        Accepting = new Socket(new SafeSocketHandle(owner.Handle, ownsHandle: false));
    }

    public string Name { get; }

    /// <summary>Accepts connections; not to be closed by its user.</summary>
    public Socket Accepting { get; }

    public SafeSocketHandle Handle => _owner.SafeHandle;

    /// <summary>With a real port.</summary>
    public EndPoint EndPoint => _owner.LocalEndPoint!;

    public void Dispose()
    {
        Accepting.Dispose();
        _owner.Dispose();
    }
}
