using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace McpTunnel.IntegrationTests.Transport;

/// <summary>
/// Certificates whose issuer is not in the handshake, and that name a server where it, its revocation list and its OCSP responder are to be had. That server takes connections and
/// never says a word; it counts who asks.
/// </summary>
internal sealed class SilentAuthority : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _waiting = [];
    private int _fetches;

    public SilentAuthority(string name)
    {
        _listener.Start();
        _ = CountAsync();
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Elsewhere", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var elsewhere = request.CreateSelfSigned(Now.AddHours(-1), Now.AddDays(1));
        Leaf = Issue(elsewhere, names.Build());
    }

    /// <summary>A certificate for a server or a client, of an authority that nobody here trusts.</summary>
    public X509Certificate2 Leaf { get; }

    public int Fetches => Volatile.Read(ref _fetches);

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    /// <summary>A certificate of an authority whose key is at hand, which names the silent server too.</summary>
    public X509Certificate2 Issue(X509Certificate2 authority, X509Extension names)
    {
        var url = $"http://{_listener.LocalEndpoint}/";
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=leaf", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names);
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([url + "ocsp"], [url + "issuer.cer"]));
        request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([url + "list.crl"]));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false));
        using var certificate = request.Create(authority, Now.AddMinutes(-1), Now.AddHours(1), RandomNumberGenerator.GetBytes(16));
        return certificate.CopyWithPrivateKey(key);
    }

    public void Dispose()
    {
        _listener.Stop();
        lock (_waiting)
        {
            _waiting.ForEach(socket => socket.Dispose());
        }

        Leaf.Dispose();
    }

    private async Task CountAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync();
                Interlocked.Increment(ref _fetches);
                lock (_waiting)
                {
                    _waiting.Add(socket);
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }
}
