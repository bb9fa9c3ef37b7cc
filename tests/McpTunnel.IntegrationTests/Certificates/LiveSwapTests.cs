using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Live;
using McpTunnel.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.IntegrationTests.Certificates;

/// <summary>What a TLS client sees of a certificate whose files change.</summary>
public sealed class LiveSwapTests
{
    private const string Name = "docs.acme.tunnel.example.com";

    private ScratchDirectory _directory = null!;
    private ServerCa _ca = null!;

    [SetUp]
    public void Make()
    {
        _directory = new ScratchDirectory();
        _ca = ServerCa.CreateForTunnel("acme.tunnel.example.com", TimeProvider.System);
    }

    [TearDown]
    public void Remove()
    {
        _ca.Dispose();
        _directory.Dispose();
    }

    [TestCase(SslProtocols.Tls13)]
    [TestCase(SslProtocols.Tls12)]
    public async Task F33_New_handshakes_get_the_new_certificate_old_connections_go_on_and_bad_files_change_nothing(SslProtocols protocol)
    {
        var first = Write();
        await using var source = await CertificateSource.StartAsync(
            new CertificateSourceOptions { CertificateFile = _directory["server.pem"], KeyFile = _directory["server.key"] },
            TimeProvider.System,
            NullLogger<CertificateSource>.Instance,
            CancellationToken.None);
        await using var old = await ConnectAsync(source, protocol);
        Assert.That(old.Served, Is.EqualTo(first));

        var second = Write();
        Assert.That(await source.RefreshAsync(CancellationToken.None), Is.True);
        await using (var connection = await ConnectAsync(source, protocol))
        {
            Assert.That(connection.Served, Is.EqualTo(second).And.Not.EqualTo(first));
        }

        await File.WriteAllTextAsync(_directory["server.pem"], (await File.ReadAllTextAsync(_directory["server.pem"]))[..300]);
        Assert.That(await source.RefreshAsync(CancellationToken.None), Is.False);
        await using (var connection = await ConnectAsync(source, protocol))
        {
            Assert.That(connection.Served, Is.EqualTo(second));
        }

        Assert.That(await old.EchoAsync("still here"), Is.EqualTo("still here"));
    }

    [Test]
    public async Task A_hundred_handshakes_during_twenty_swaps_all_succeed()
    {
        Write();
        await using var source = await CertificateSource.StartAsync(
            new CertificateSourceOptions { CertificateFile = _directory["server.pem"], KeyFile = _directory["server.key"] },
            TimeProvider.System,
            NullLogger<CertificateSource>.Instance,
            CancellationToken.None);

        var handshakes = Task.Run(async () =>
        {
            var seen = new HashSet<string>();
            for (var i = 0; i < 100; i++)
            {
                await using var connection = await ConnectAsync(source, SslProtocols.Tls13);
                seen.Add(connection.Served);
            }

            return seen;
        });
        for (var swap = 0; swap < 20; swap++)
        {
            Write();
            Assert.That(await source.RefreshAsync(CancellationToken.None), Is.True, source.Status.Problem);
        }

        var last = source.Status.Served.Fingerprint;
        Assert.That(await handshakes, Is.Not.Empty);
        await using var after = await ConnectAsync(source, SslProtocols.Tls13);
        Assert.That(after.Served, Is.EqualTo(last));
    }

    /// <summary>Puts a new pair in place and returns its fingerprint.</summary>
    private string Write()
    {
        using var issued = _ca.IssueServerCertificate(["*.acme.tunnel.example.com"]);
        _directory.Write("server.key", issued.Key.ExportPem());
        _directory.Write("server.pem", issued.ChainPem);
        return Fingerprint(issued.Chain[0]);
    }

    private async Task<Connection> ConnectAsync(CertificateSource source, SslProtocols protocol)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        var server = await listener.AcceptTcpClientAsync();
        var serverTls = new SslStream(server.GetStream());
        var clientTls = new SslStream(client.GetStream());
        await Task.WhenAll(
            serverTls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = source.Context }),
            clientTls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = Name,
                EnabledSslProtocols = protocol,
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { _ca.Certificate },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            })).WaitAsync(Eventually.Deadline);
        return new Connection(serverTls, clientTls, Fingerprint(clientTls.RemoteCertificate!));
    }

    private static string Fingerprint(X509Certificate certificate) =>
        certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256).ToLowerInvariant();

    private sealed record Connection(SslStream Server, SslStream Client, string Served) : IAsyncDisposable
    {
        public async Task<string> EchoAsync(string text)
        {
            await Client.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text));
            var received = new byte[text.Length];
            await Server.ReadExactlyAsync(received);
            return System.Text.Encoding.UTF8.GetString(received);
        }

        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync();
            await Server.DisposeAsync();
        }
    }
}
