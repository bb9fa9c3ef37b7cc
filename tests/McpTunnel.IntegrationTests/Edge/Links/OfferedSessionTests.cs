using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using McpTunnel.IntegrationTests.Transport;
using McpTunnel.Registry.Administration;
using McpTunnel.Registry.Credentials;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using McpTunnel.TestKit.Processes;
using McpTunnel.Transport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace McpTunnel.IntegrationTests.Edge.Links;

/// <summary>
/// TLS sessions, offered by a client that offers them wherever it likes: OpenSSL's own. Whatever the edge makes of the offer, a link has a certificate that is good now.
/// </summary>
[CancelAfter(180_000)]
[Category("OpenSsl")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[TestFixture("-tls1_2")]
[TestFixture("-tls1_3")]
public sealed class OfferedSessionTests(string version)
{
    private const string Link = $"link.{EdgeFixture.Domain}";
    private const string Welcome = "\"welcome\"";

    private static readonly byte[] ApiRequest = Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {EdgeFixture.Domain}\r\nConnection: close\r\n\r\n");

    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly ScratchDirectory _directory = new();
    private EdgeFixture _edge = null!;
    private string _openssl = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _openssl = Requires.DebianProgram("openssl", "openssl");
        _edge = await EdgeFixture.StartAsync(time: _time);
        await File.WriteAllTextAsync(_directory["authority.pem"], _edge.Authorities.ExportCertificatePems());
    }

    [TearDown]
    public async Task StopAsync()
    {
        if (_edge is not null)
        {
            await _edge.DisposeAsync();
        }

        _directory.Dispose();
    }

    [Test]
    public async Task Session_of_the_api_without_a_certificate_does_not_become_a_link()
    {
        var made = await ConnectAsync(EdgeFixture.Domain, ApiRequest, "HTTP/1.1 ", "-sess_out", _directory["session"]);
        var again = await ConnectAsync(EdgeFixture.Domain, ApiRequest, "HTTP/1.1 ", "-sess_in", _directory["session"]);
        var offered = await ConnectAsync(Link, LinkRequest(), "HTTP/1.1 ", "-sess_in", _directory["session"]);

        Assert.Multiple(() =>
        {
            Assert.That(made, Does.Contain("\nNew, TLS").And.Contain("HTTP/1.1 "));
            Assert.That(again, Does.Contain("\nReused, TLS").And.Contain("HTTP/1.1 "), "the session is good, and offered");
            Assert.That(offered, Does.Contain("\nReused, TLS").And.Not.Contain("HTTP/1.1 "), "the offer is taken, and not a word follows for one without a certificate");
        });
    }

    [Test]
    public async Task Session_of_a_link_ends_when_its_certificate_is_revoked()
    {
        await MakeLinkSessionAsync(_edge.Credentials.Certificate);
        await _edge.Edge.Services.GetRequiredService<ICredentialRegistry>().RevokeCertificateAsync(_edge.Tunnel.Id, _edge.Credentials.Serial, AdminActor.Local, CancellationToken.None);

        Assert.That(await OfferLinkSessionAsync("certificate_revoked"), Does.Contain("\nReused, TLS").And.Contain("certificate_revoked").And.Not.Contain(Welcome));
    }

    [Test]
    public async Task Session_of_a_link_ends_when_its_certificate_expires()
    {
        var now = _time.GetUtcNow();
        using var certificate = await _edge.IssueCertificateAsync(now - (_edge.Credentials.Certificate.NotAfter.ToUniversalTime() - now) + TimeSpan.FromMinutes(10));
        await MakeLinkSessionAsync(certificate);
        _time.Advance(TimeSpan.FromMinutes(20));

        Assert.That(await OfferLinkSessionAsync("certificate_expired"), Does.Contain("\nReused, TLS").And.Contain("certificate_expired").And.Not.Contain(Welcome));
    }

    /// <summary>A link with a certificate, and another one by its session alone.</summary>
    private async Task MakeLinkSessionAsync(X509Certificate2 certificate)
    {
        await File.WriteAllTextAsync(_directory["link.pem"], certificate.ExportCertificatePem());
        using var key = certificate.GetECDsaPrivateKey();
        await File.WriteAllTextAsync(_directory["link-key.pem"], key!.ExportPkcs8PrivateKeyPem());
        var made = await ConnectAsync(
            Link, LinkRequest(), Welcome, "-cert", _directory["link.pem"], "-key", _directory["link-key.pem"], "-sess_out", _directory["session"]);
        Assert.That(made, Does.Contain("\nNew, TLS").And.Contain(Welcome));
        Assert.That(await OfferLinkSessionAsync(Welcome), Does.Contain("\nReused, TLS").And.Contain(Welcome), "the session is good, and offered");
    }

    private Task<string> OfferLinkSessionAsync(string answer) => ConnectAsync(Link, LinkRequest(), answer, "-sess_in", _directory["session"]);

    private byte[] LinkRequest() => [.. Encoding.ASCII.GetBytes(RawUpgrade.Request(Carrier.Tls)), .. RawUpgrade.Hello(_edge.Tunnel.Id, _edge.Credentials.Token)];

    /// <summary>What OpenSSL's client has written until <paramref name="answer"/> has come, or until the edge has ended the connection.</summary>
    private async Task<string> ConnectAsync(string name, byte[] request, string answer, params string[] options)
    {
        await File.WriteAllBytesAsync(_directory["request"], request);
        string[] arguments =
        [
            "s_client", "-connect", $"{IPAddress.Loopback}:{_edge.Edge.Port}", "-servername", name, "-CAfile", _directory["authority.pem"], "-verify_return_error", version, "-ign_eof", .. options,
        ];
        await using var client = RunningProgram.Start("/bin/sh", ["-c", "request=$1; shift; exec \"$@\" <\"$request\"", "sh", _directory["request"], _openssl, .. arguments], null);
        return await client.ReadUntilAsync(answer);
    }
}
