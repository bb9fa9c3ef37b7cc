using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace McpTunnel.Cli.Demo.Agents;

/// <summary>Opens the agent's connections itself, TCP and TLS, to know how long each took and with whom it spoke.</summary>
/// <param name="edge">The edge's address: the demo's names have no DNS entry.</param>
/// <param name="authority">The customer's CA, the only root the agent trusts.</param>
/// <param name="time">The clock.</param>
internal sealed class MeasuringConnector(IPEndPoint edge, X509Certificate2 authority, TimeProvider time)
{
    private readonly ConcurrentQueue<AgentConnection> _connections = new();

    /// <summary>The connections opened so far.</summary>
    public IReadOnlyList<AgentConnection> Connections => [.. _connections];

    /// <summary>A handler whose connections are measured.</summary>
    public SocketsHttpHandler NewHandler()
    {
        var handler = AgentHttp.Handler(edge, authority);
        handler.ConnectCallback = ConnectAsync;
        return handler;
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var name = context.DnsEndPoint.Host;
        var socket = new Socket(edge.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        SslStream? tls = null;
        try
        {
            var started = time.GetTimestamp();
            await socket.ConnectAsync(edge, cancellationToken);
            var connected = time.GetTimestamp();

            tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            var options = AgentHttp.Trusting(authority);
            options.TargetHost = name;
            options.ApplicationProtocols = context.InitialRequestMessage.Version.Major >= 2
                ? [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11]
                : [SslApplicationProtocol.Http11];
            await tls.AuthenticateAsClientAsync(options, cancellationToken);
            _connections.Enqueue(new AgentConnection(
                name,
                socket.LocalEndPoint?.ToString() ?? "",
                time.GetElapsedTime(started, connected),
                time.GetElapsedTime(connected),
                tls.SslProtocol == SslProtocols.Tls13 ? "TLS 1.3" : "TLS 1.2",
                tls.NegotiatedApplicationProtocol.ToString(),
                tls.RemoteCertificate?.Issuer ?? ""));
            return tls;
        }
        catch
        {
            if (tls is not null)
            {
                await tls.DisposeAsync();
            }

            socket.Dispose();
            throw;
        }
    }
}
