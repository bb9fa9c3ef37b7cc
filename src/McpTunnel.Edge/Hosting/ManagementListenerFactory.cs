using System.Net;
using System.Net.Sockets;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Ingress;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace McpTunnel.Edge.Hosting;

/// <summary>Binds the management address, the only one that Kestrel binds, to a socket that can be taken over and given on.</summary>
internal sealed class ManagementListenerFactory(ListenSockets sockets, ManagementGate gate, EdgeOptions options, ILoggerFactory loggers)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint;

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var backlog = new SocketTransportOptions().Backlog;
        var socket = sockets.Take($"management {options.Management}", () => Listen((IPEndPoint)endpoint, backlog));
        var transport = new SocketTransportFactory(
            Options.Create(new SocketTransportOptions { Backlog = backlog, CreateBoundListenSocket = _ => socket.Accepting }), loggers);
        return new ManagementListener(await transport.BindAsync(endpoint, cancellationToken), gate);
    }

    private static Socket Listen(IPEndPoint endPoint, int backlog)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(endPoint);
            socket.Listen(backlog);
            return socket;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw exception.SocketErrorCode == SocketError.AddressAlreadyInUse ? new AddressInUseException(exception.Message, exception) : exception;
        }
    }
}
