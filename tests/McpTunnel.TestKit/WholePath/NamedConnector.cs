using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Cli.Demo.Agents;

namespace McpTunnel.TestKit.WholePath;

/// <summary>Asks for one name in TLS whatever host the request names, which an HTTP client by itself would never do.</summary>
internal sealed class NamedConnector(IPEndPoint edge, X509Certificate2 authority, string serverName)
{
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(edge, cancellationToken);
            var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            var options = AgentHttp.Trusting(authority);
            options.TargetHost = serverName;
            await tls.AuthenticateAsClientAsync(options, cancellationToken);
            return tls;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
