using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using McpTunnel.Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Building;
using McpTunnel.Certificates.Files;
using McpTunnel.Certificates.Keys;
using Org.BouncyCastle.Asn1.X509;

namespace McpTunnel.IntegrationTests.Edge;

/// <summary>The edge must never hold a key that could end inner TLS.</summary>
public sealed class BlindEdgeTests
{
    private const string ServerName = "docs.acme.tunnel.example.com";

    private EdgeApi _edge = null!;
    private ServerCa _serverCa = null!;
    private KeyedCertificate _server = null!;
    private List<(string File, PrivateKey Key)> _keys = null!;

    [SetUp]
    public async Task InitializeAndEnrol()
    {
        _edge = await EdgeApi.StartAsync();
        var tunnel = await _edge.CreateTunnelAsync("acme");
        var (token, _) = await _edge.IssueTokenAsync(tunnel);
        (await _edge.EnrolAsync(token, EdgeApi.Csr())).EnsureSuccessStatusCode().Dispose();

        // What the customer has, and the edge must not.
        _serverCa = ServerCa.CreateForTunnel("acme.tunnel.example.com", TimeProvider.System);
        _server = _serverCa.IssueServerCertificate(["*.acme.tunnel.example.com"]);
        _keys = [];
        foreach (var file in Directory.EnumerateFiles(_edge.StateDirectory, "*", SearchOption.AllDirectories))
        {
            foreach (var pem in PrivateKeysIn(await File.ReadAllBytesAsync(file)))
            {
                _keys.Add((Path.GetFileName(file), PrivateKey.FromPem(pem, file)));
            }
        }
    }

    [TearDown]
    public async Task Stop()
    {
        _keys.ForEach(key => key.Key.Dispose());
        _server.Dispose();
        _serverCa.Dispose();
        await _edge.DisposeAsync();
    }

    [Test]
    public void The_state_has_two_keys_and_the_registry_has_none() =>
        Assert.That(_keys.Select(key => key.File), Is.EquivalentTo(["edge.key", "tunnel-ca.key"]));

    [Test]
    public void No_key_of_the_state_is_the_servers_or_its_authoritys() => Assert.Multiple(() =>
    {
        foreach (var (file, key) in _keys)
        {
            Assert.That(key.Matches(_server.Chain[0]), Is.False, file);
            Assert.That(key.Matches(_serverCa.Certificate), Is.False, file);
        }
    });

    [Test]
    public void Nothing_that_the_state_can_sign_is_taken_for_a_server_even_by_an_agent_that_trusts_all_of_it()
    {
        var trusted = Directory.EnumerateFiles(_edge.StateDirectory, "*.pem")
            .SelectMany(file => CertificateFile.ParseChain(File.ReadAllText(file), file))
            .Append(_serverCa.Certificate)
            .ToList();
        var tried = 0;
        foreach (var (file, key) in _keys)
        {
            foreach (var issuer in trusted)
            {
                using var forgedKey = PrivateKey.Create();
                using var forged = Forge(issuer, key, forgedKey);
                Assert.That(IsTakenForServer(forged, trusted), Is.False, $"{file} in the name of {issuer.Subject}");
                tried++;
            }
        }

        // The same question about the customer's own authority has the other answer: the check can tell.
        using var caKey = PrivateKey.FromPem(_serverCa.ExportKeyPem(), "server-ca.key");
        using var goodKey = PrivateKey.Create();
        using var good = Forge(_serverCa.Certificate, caKey, goodKey);
        Assert.That(IsTakenForServer(good, trusted), Is.True);
        Assert.That(tried, Is.EqualTo(8), "Two keys, four certificates to sign in the name of.");
    }

    [Test]
    public void The_certificate_of_the_edges_own_names_is_not_for_a_server_behind_it()
    {
        using var own = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(_edge.StateDirectory, "edge.pem"));

        Assert.That(own.MatchesHostname(ServerName), Is.False);
        Assert.That(own.MatchesHostname("acme.tunnel.example.com"), Is.False);
    }

    private static X509Certificate2 Forge(X509Certificate2 issuer, PrivateKey issuerKey, PrivateKey key) => CertificateBuilder.Build(
        new CertificateTemplate
        {
            CommonName = ServerName,
            PublicKey = key.ExportPublicKey(),
            NotBefore = TimeProvider.System.GetUtcNow().AddMinutes(-1),
            NotAfter = TimeProvider.System.GetUtcNow().AddDays(1),
            Names = [new GeneralName(GeneralName.DnsName, ServerName)],
            Purpose = KeyPurposeID.id_kp_serverAuth,
        },
        issuer,
        issuerKey);

    private static bool IsTakenForServer(X509Certificate2 certificate, IEnumerable<X509Certificate2> trusted)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(trusted.ToArray());
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1"));
        return chain.Build(certificate) && certificate.MatchesHostname(ServerName);
    }

    /// <summary>Every private key in a file of any kind, in PEM form or as DER between other bytes.</summary>
    private static IEnumerable<string> PrivateKeysIn(byte[] content)
    {
        var text = Encoding.Latin1.GetString(content);
        for (var start = 0; (start = text.IndexOf("-----BEGIN ", start, StringComparison.Ordinal)) >= 0; start++)
        {
            var found = PemEncoding.TryFind(text.AsSpan(start), out var fields);
            Assert.That(found, Is.True, "A PEM block that cannot be read.");
            var block = text.Substring(start, fields.Location.End.GetOffset(text.Length - start));
            if (block.Contains("PRIVATE KEY", StringComparison.Ordinal))
            {
                yield return block;
            }
        }

        for (var i = 0; i + 2 < content.Length; i++)
        {
            // A DER sequence that begins with a version is what every form of private key begins with.
            if (content[i] == 0x30 && IsPrivateKey(content.AsSpan(i)) is { } key)
            {
                yield return key;
            }
        }
    }

    private static string? IsPrivateKey(ReadOnlySpan<byte> data)
    {
        foreach (var label in new[] { "PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY" })
        {
            try
            {
                if (!System.Formats.Asn1.AsnDecoder.TryReadEncodedValue(data, System.Formats.Asn1.AsnEncodingRules.BER, out _, out _, out _, out var length))
                {
                    return null;
                }

                var pem = PemEncoding.WriteString(label, data[..length]);
                PrivateKey.FromPem(pem, "bytes").Dispose();
                return pem;
            }
            catch (CertificateException)
            {
                // Not this form.
            }
        }

        return null;
    }
}
