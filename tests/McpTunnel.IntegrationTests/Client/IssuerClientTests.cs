using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Client.Authentication.Jwt;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Egress;
using McpTunnel.Client.Proxying;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>From where an issuer's keys are taken, and from where not (A8, A10).</summary>
[CancelAfter(60_000)]
public sealed class IssuerClientTests
{
    private const string Keys = """{"keys":[]}""";

    private static readonly EdgeProxy NoProxy = new(new ProxyOptions { Url = ProxyOptions.Direct }, addressIsNamed: false, TimeProvider.System);

    private static readonly AddressRules Loopback = new([IPNetwork.Parse("127.0.0.0/8")]);

    [Test]
    public async Task FetchKeySetAsync_takes_the_keys_that_the_issuers_metadata_names(CancellationToken cancellationToken)
    {
        await using var issuer = Issuer("{0}", "{0}/keys");

        Assert.That(await FetchAsync(issuer, cancellationToken), Is.EqualTo(Keys));
    }

    [TestCase("https://somebody-else.example", "{0}/keys")]
    [TestCase("{0}/", "{0}/keys")]
    [TestCase("{0}", "/keys")]
    [TestCase("{0}", "ftp://127.0.0.1/keys")]
    public async Task FetchKeySetAsync_metadata_of_another_issuer_or_without_usable_keys_is_refused(string name, string keys, CancellationToken cancellationToken)
    {
        await using var issuer = Issuer(name, keys);

        await Assert.ThatAsync(() => FetchAsync(issuer, cancellationToken), Throws.InstanceOf<IssuerUnavailableException>());
        Assert.That(issuer.Requests, Has.None.StartsWith("GET /keys"));
    }

    [TestCase("/.well-known/openid-configuration")]
    [TestCase("/keys")]
    public async Task FetchKeySetAsync_redirect_is_not_followed(string path, CancellationToken cancellationToken)
    {
        await using var elsewhere = new RawUpstream(exchange => exchange.OkAsync(Keys));
        await using var issuer = Issuer("{0}", "{0}/keys", exchange => exchange.Text.StartsWith($"GET {path} ", StringComparison.Ordinal)
            ? exchange.WriteAsync($"HTTP/1.1 302 Found\r\nLocation: {elsewhere.Url}\r\nContent-Length: 0\r\n\r\n")
            : null);

        await Assert.ThatAsync(() => FetchAsync(issuer, cancellationToken), Throws.InstanceOf<IssuerUnavailableException>());
        Assert.That(elsewhere.Connections, Is.Zero);
    }

    [TestCase(0)]
    [TestCase(1)]
    public async Task FetchKeySetAsync_document_at_the_limit_is_read_and_one_byte_more_is_not(int more, CancellationToken cancellationToken)
    {
        var document = Keys.PadRight(IssuerClient.MaxDocumentBytes + more);
        await using var issuer = Issuer("{0}", "{0}/keys", exchange => exchange.Text.StartsWith("GET /keys ", StringComparison.Ordinal) ? exchange.OkAsync(document) : null);

        if (more == 0)
        {
            Assert.That(await FetchAsync(issuer, cancellationToken), Is.EqualTo(document));
        }
        else
        {
            await Assert.ThatAsync(() => FetchAsync(issuer, cancellationToken), Throws.InstanceOf<IssuerUnavailableException>());
        }
    }

    [Test]
    public async Task FetchKeySetAsync_keys_in_the_clear_of_an_issuer_with_TLS_are_not_fetched(CancellationToken cancellationToken)
    {
        const string Host = "issuer.private.test";
        using var authority = ServerCa.CreateForTunnel("private.test", TimeProvider.System);
        using var certificate = authority.IssueServerCertificate([Host]);
        await using var clear = new RawUpstream(exchange => exchange.OkAsync(Keys));
        RawUpstream? issuer = null;
        await using var listening = issuer = new RawUpstream(
            exchange => exchange.OkAsync(Metadata($"https://{Host}:{issuer!.Port}", $"http://{Host}:{clear.Port}/keys")),
            tls: new SslServerAuthenticationOptions { ServerCertificateContext = certificate.ToCertificateContext() });
        using var client = new IssuerClient(
            $"https://{Host}:{issuer.Port}", Loopback, new X509Certificate2Collection(authority.Certificate), NoProxy, new ScriptedResolver(_ => [IPAddress.Loopback]), TimeProvider.System);

        await Assert.ThatAsync(() => client.FetchKeySetAsync(cancellationToken), Throws.InstanceOf<IssuerUnavailableException>().With.Message.Contains("jwks_uri"));
        Assert.That(clear.Connections, Is.Zero);
    }

    /// <summary>An issuer whose metadata says so; <c>{0}</c> stands for its own URL.</summary>
    private static RawUpstream Issuer(string name, string keys, Func<RawUpstream.Exchange, Task?>? otherwise = null)
    {
        RawUpstream? issuer = null;
        return issuer = new RawUpstream(exchange => otherwise?.Invoke(exchange) ?? exchange.OkAsync(
            exchange.Text.StartsWith("GET /keys ", StringComparison.Ordinal) ? Keys : Metadata(name.Replace("{0}", UrlOf(issuer!)), keys.Replace("{0}", UrlOf(issuer!)))));
    }

    private static string Metadata(string issuer, string keys) => JsonSerializer.Serialize(new { issuer, jwks_uri = keys });

    private static string UrlOf(RawUpstream issuer) => issuer.Url.GetLeftPart(UriPartial.Authority);

    private static async Task<string> FetchAsync(RawUpstream issuer, CancellationToken cancellationToken)
    {
        using var client = new IssuerClient(UrlOf(issuer), Loopback, authorities: null, NoProxy, new SystemHostResolver(), TimeProvider.System);
        return await client.FetchKeySetAsync(cancellationToken);
    }
}
