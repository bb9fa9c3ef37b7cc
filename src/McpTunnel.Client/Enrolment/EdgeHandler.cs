using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Transport.Dialing;

namespace McpTunnel.Client.Enrolment;

/// <summary>HTTPS towards an edge that may have a private CA, or no entry in DNS yet.</summary>
public static class EdgeHandler
{
    /// <summary>Makes a handler that follows no redirect and keeps no cookie. The caller owns it.</summary>
    /// <param name="authorities">The authorities that may have issued the certificate met there, and no others; null for the system's.</param>
    /// <param name="connectTo">Dial this address in place of the name's own; null for DNS, through the system's proxy where one is set.</param>
    public static SocketsHttpHandler Create(X509Certificate2Collection? authorities, EndPoint? connectTo)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false };
        handler.SslOptions.CertificateChainPolicy = ServerTrust.PolicyFor(authorities);
        if (connectTo is not null)
        {
            // The address is named, so no proxy has a say in it.
            handler.UseProxy = false;
            handler.ConnectCallback = async (_, cancellationToken) => await DialAsync(connectTo, cancellationToken);
        }

        return handler;
    }

    private static async Task<Stream> DialAsync(EndPoint address, CancellationToken cancellationToken)
    {
        var socket = address is IPEndPoint ip
            ? new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
