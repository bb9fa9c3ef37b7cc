using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.TestKit.WholePath;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>No key in the edge's hands can end inner TLS: neither as it is, nor by signing a certificate that agents would take.</summary>
[CancelAfter(120_000)]
public sealed class EdgeKeyTests
{
    [Test]
    public async Task Every_key_in_the_edges_state_is_useless_for_the_servers_name(CancellationToken cancellationToken)
    {
        await using var path = await TunnelFixture.StartAsync();
        var name = path.Tunnel.UrlOf("docs").Host;
        var keys = Directory.EnumerateFiles(path.EdgeDirectory, "*", SearchOption.AllDirectories)
            .Where(file => new FileInfo(file).Length > 0 && ReadShared(file).Contains("PRIVATE KEY", StringComparison.Ordinal)).ToList();
        var certificates = Directory.EnumerateFiles(path.EdgeDirectory, "*.pem").Select(X509CertificateLoader.LoadCertificateFromFile).ToList();
        Assert.That(keys, Is.Not.Empty);

        // A thief has every certificate that is public anyhow: those that the servers and the customer's authority show to everybody.
        certificates.AddRange(new[] { "server.pem", "server-ca.pem" }.Select(file => X509CertificateLoader.LoadCertificateFromFile(Path.Combine(path.Tunnel.StateDirectory, file))));
        foreach (var file in keys)
        {
            Assert.That(await HarmAsync(file, certificates, path, name, cancellationToken), Is.Null);
        }

        // The judge can say yes: each of the customer's own keys in the edge's hands is found out.
        var own = Path.Combine(path.Tunnel.StateDirectory, "server.key");
        var issuing = Path.Combine(path.Tunnel.StateDirectory, "server-ca.key");
        Assert.That(await HarmAsync(own, certificates, path, name, cancellationToken), Is.EqualTo($"{own} as it is"));
        Assert.That(await HarmAsync(issuing, certificates, path, name, cancellationToken), Is.EqualTo($"{issuing} as an issuer"));
    }

    /// <summary>What a thief could do with the key in a file; null for nothing.</summary>
    private static async Task<string?> HarmAsync(
        string file, IReadOnlyList<X509Certificate2> certificates, TunnelFixture path, string name, CancellationToken cancellationToken)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(ReadShared(file));
        foreach (var owner in certificates)
        {
            if (Matches(owner, key) && await AgentTakesAsync(owner.CopyWithPrivateKey(key), path, name, cancellationToken))
            {
                return $"{file} as it is";
            }

            // Whether it is this issuer's key or not, which is for the agent to find out.
            if (await AgentTakesAsync(Forge(owner, key, name), path, name, cancellationToken))
            {
                return $"{file} as an issuer";
            }
        }

        return null;
    }

    private static string ReadShared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static bool Matches(X509Certificate2 certificate, ECDsa key) =>
        certificate.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo());

    /// <summary>What a thief of the edge would do: sign a certificate for the server's name with whatever authority is at hand.</summary>
    private static X509Certificate2 Forge(X509Certificate2 issuer, ECDsa issuerKey, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        var signed = request.Create(
            issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(issuerKey), issuer.NotBefore, issuer.NotAfter, RandomNumberGenerator.GetBytes(16));
        return signed.CopyWithPrivateKey(key);
    }

    /// <summary>Whether an agent that trusts the customer's CA would speak to a server with this certificate.</summary>
    private static async Task<bool> AgentTakesAsync(X509Certificate2 certificate, TunnelFixture path, string name, CancellationToken cancellationToken)
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        using var authority = X509CertificateLoader.LoadCertificateFromFile(path.Tunnel.CaFile);
        var serving = ServeAsync(listener, certificate, cancellationToken);
        using var socket = new TcpClient();
        await socket.ConnectAsync(System.Net.IPAddress.Loopback, ((System.Net.IPEndPoint)listener.LocalEndpoint).Port, cancellationToken);
        await using var tls = new SslStream(socket.GetStream());
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = name,
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, CustomTrustStore = { authority } },
        };
        try
        {
            await tls.AuthenticateAsClientAsync(options, cancellationToken);
            return true;
        }
        catch (AuthenticationException)
        {
            return false;
        }
        finally
        {
            socket.Close();
            await serving;
        }
    }

    private static async Task ServeAsync(TcpListener listener, X509Certificate2 certificate, CancellationToken cancellationToken)
    {
        using var socket = await listener.AcceptTcpClientAsync(cancellationToken);
        await using var tls = new SslStream(socket.GetStream());
        try
        {
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, cancellationToken);
            await tls.CopyToAsync(Stream.Null, cancellationToken);
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            // The agent did not like it.
        }
    }
}
