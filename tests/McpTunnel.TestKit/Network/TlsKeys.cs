using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace McpTunnel.TestKit.Network;

/// <summary>
/// The keys of both ends of a TLS connection, for a proxy that opens it. It takes any certificate: it tests nothing, the two ends
/// still judge what they are shown. Without a client's key it is the proxy that inspects TLS: it asks for no certificate and shows none.
/// </summary>
internal sealed record TlsKeys(X509Certificate2 Server, X509Certificate2? Client)
{
    /// <summary>Ends TLS with the one that connected; returns the name it asked for.</summary>
    public async Task<(SslStream Stream, string ServerName)> AcceptAsync(Socket socket, CancellationToken cancellationToken)
    {
        var name = "";
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: false));
        await stream.AuthenticateAsServerAsync(
            (_, hello, _, _) =>
            {
                name = hello.ServerName;
                return ValueTask.FromResult(new SslServerAuthenticationOptions
                {
                    ServerCertificate = Server,
                    ClientCertificateRequired = Client is not null,
                    RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null || Client is null,
                    ApplicationProtocols = [SslApplicationProtocol.Http11],
                });
            },
            null,
            cancellationToken);
        return (stream, name);
    }

    /// <summary>Begins TLS with the target, as the one that connected would.</summary>
    public async Task<SslStream> ConnectAsync(Socket socket, string serverName, CancellationToken cancellationToken)
    {
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: false));
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = serverName,
            ClientCertificates = Client is null ? null : [Client],
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
        };
        await stream.AuthenticateAsClientAsync(options, cancellationToken);
        return stream;
    }
}
