using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using McpTunnel.Client.Egress;
using McpTunnel.Client.Proxying;
using McpTunnel.Transport.Dialing;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace McpTunnel.Client.Authentication.Jwt;

/// <summary>
/// Fetches an issuer's metadata (OpenID Connect Discovery 1.0 section 4, else RFC 8414 section 3) and from there its key set. Dials
/// only addresses in the issuer's networks, or the proxy of the links where the issuer is beyond it; follows no redirect, reads bounded answers. Thread-safe.
/// </summary>
internal sealed class IssuerClient : IDisposable
{
    /// <summary>Bytes of one document; large issuers publish 20 KiB.</summary>
    public const int MaxDocumentBytes = 256 * 1024;

    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(3);

    private readonly string _issuer;
    private readonly X509Certificate2Collection? _authorities;
    private readonly IssuerProxy _proxy;
    private readonly HttpMessageInvoker _direct;

    /// <param name="issuer">The issuer, exactly as tokens write it.</param>
    /// <param name="rules">The addresses at which its documents may be.</param>
    /// <param name="authorities">Who may have issued its certificate; null for the system's.</param>
    /// <param name="proxy">The proxy of the links.</param>
    /// <param name="resolver">Turns names into addresses.</param>
    /// <param name="time">The clock.</param>
    public IssuerClient(
        string issuer, AddressRules rules, X509Certificate2Collection? authorities, EdgeProxy proxy, IHostResolver resolver, TimeProvider time)
    {
        _issuer = issuer;
        _authorities = authorities;
        _proxy = new IssuerProxy(proxy, rules, resolver, time);
        var dialer = new GuardedDialer(new Uri(issuer).Host, rules, resolver, AttemptTimeout, time);
        var handler = NewHandler();
        handler.UseProxy = false;
        handler.ConnectCallback = dialer.ConnectAsync;
        _direct = new HttpMessageInvoker(handler);
    }

    /// <summary>The key set as JSON.</summary>
    /// <exception cref="IssuerUnavailableException">An answer is missing, wrong, or not this issuer's.</exception>
    public async Task<string> FetchKeySetAsync(CancellationToken cancellationToken)
    {
        var json = await GetAsync(OpenIdMetadata(), allowMissing: true, cancellationToken)
            ?? await GetAsync(OAuthMetadata(), allowMissing: false, cancellationToken);
        var metadata = OpenIdConnectConfiguration.Create(json);
        if (!string.Equals(metadata.Issuer, _issuer, StringComparison.Ordinal))
        {
            throw new IssuerUnavailableException($"its metadata names another issuer, '{metadata.Issuer}'; write the issuer exactly like that, or the right one");
        }

        if (!Uri.TryCreate(metadata.JwksUri, UriKind.Absolute, out var keys) || !IsAsSafeAsIssuer(keys))
        {
            throw new IssuerUnavailableException("its metadata has no 'jwks_uri' that may be fetched");
        }

        return (await GetAsync(keys, allowMissing: false, cancellationToken))!;
    }

    public void Dispose() => _direct.Dispose();

    private SocketsHttpHandler NewHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        MaxResponseHeadersLength = 64,
        SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = ServerTrust.PolicyFor(_authorities) },

        // Fetches are an hour apart: nothing is gained by keeping a connection.
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5),
    };

    private Uri OpenIdMetadata() => new(_issuer.TrimEnd('/') + "/.well-known/openid-configuration");

    private Uri OAuthMetadata()
    {
        var issuer = new Uri(_issuer);
        return new Uri(issuer, "/.well-known/oauth-authorization-server" + issuer.AbsolutePath.TrimEnd('/'));
    }

    private bool IsAsSafeAsIssuer(Uri url) =>
        url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && _issuer.StartsWith("http://", StringComparison.OrdinalIgnoreCase));

    private async Task<string?> GetAsync(Uri url, bool allowMissing, CancellationToken cancellationToken) =>
        await _proxy.ForAsync(url, cancellationToken) is { } proxy
            ? await GetThroughAsync(proxy, url, allowMissing, cancellationToken)
            : await GetAsync(_direct, url, allowMissing, cancellationToken);

    private async Task<string?> GetThroughAsync(IWebProxy proxy, Uri url, bool allowMissing, CancellationToken cancellationToken)
    {
        var name = proxy.GetProxy(url)!.Authority;
        var handler = NewHandler();
        handler.Proxy = proxy;
        using var invoker = new HttpMessageInvoker(handler);
        string? refusal = null;
        try
        {
            return await GetAsync(invoker, url, allowMissing, cancellationToken);
        }
        catch (HttpRequestException exception)
        {
            if (exception.StatusCode == HttpStatusCode.ProxyAuthenticationRequired || exception.HttpRequestError == HttpRequestError.UserAuthenticationError)
            {
                refusal = $"The proxy {name} does not accept the credentials for {url.Authority} (407). Check user and password in the file of 'proxy: credentialsFile'.";
                throw new IssuerUnavailableException(refusal, exception);
            }

            throw new IssuerUnavailableException(
                $"{url.Authority} through the proxy {name}: {exception.Message.TrimEnd('.')}. An issuer that is reached without the proxy belongs into 'proxy: bypass', or NO_PROXY where the environment names the proxy", exception);
        }
        finally
        {
            _proxy.Answered(proxy, refusal);
        }
    }

    private static async Task<string?> GetAsync(HttpMessageInvoker invoker, Uri url, bool allowMissing, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Accept.ParseAdd("application/json");
        using var response = await invoker.SendAsync(request, cancellationToken);
        if (allowMissing && (int)response.StatusCode is >= 400 and < 500)
        {
            return null;
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new IssuerUnavailableException($"{url} answered {(int)response.StatusCode}");
        }

        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[MaxDocumentBytes + 1];
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return length <= MaxDocumentBytes
            ? Encoding.UTF8.GetString(buffer, 0, length)
            : throw new IssuerUnavailableException($"{url} answered more than {MaxDocumentBytes} bytes");
    }
}
