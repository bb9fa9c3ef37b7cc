using System.Collections.Concurrent;
using McpTunnel.Cli.Demo.Issuer;
using Microsoft.AspNetCore.Http;

namespace McpTunnel.TestKit.Tokens;

/// <summary>
/// The demo's token issuer under a test's control: it signs good and bad tokens, rotates its keys, goes down and comes back on the
/// same port, and counts who asked for what. Thread-safe but for going down and coming back.
/// </summary>
public sealed class TestIssuer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, int> _requests = new();
    private readonly IssuerKeys _keys = new();
    private readonly TimeProvider _time;
    private TokenIssuer? _issuer;
    private string _clientSecret = "";

    private TestIssuer(TimeProvider time) => _time = time;

    /// <summary>The issuer identifier; stays the same while it is down.</summary>
    public string Issuer { get; private set; } = "";

    public Uri TokenEndpoint => new(Issuer + "/token");

    public static string ClientId => TokenIssuerOptions.ClientId;

    public string ClientSecret => _clientSecret;

    /// <summary>Scopes that a token gets when a test names none.</summary>
    public static IReadOnlyList<string> DefaultScopes { get; } = ["mcp:tools"];

    /// <summary>Whether every request is answered 503 instead of its content.</summary>
    public bool Failing { get; set; }

    /// <summary>Starts an issuer on a free loopback port; <paramref name="time"/> stamps its tokens (the system's when null).</summary>
    public static async Task<TestIssuer> StartAsync(TimeProvider? time = null)
    {
        var issuer = new TestIssuer(time ?? TimeProvider.System);
        await issuer.ListenAsync(0);
        return issuer;
    }

    /// <summary>A good token for one audience.</summary>
    public string CreateToken(string audience, params string[] scopes) => CreateToken([audience], scopes, TimeSpan.FromHours(1));

    /// <summary>A good token, if nothing about its audiences, scopes or life is wrong.</summary>
    public string CreateToken(IReadOnlyList<string> audiences, IReadOnlyList<string> scopes, TimeSpan lifetime) =>
        TokenForge.Sign(TokenForge.Claims(Issuer, audiences, scopes.Count > 0 ? scopes : DefaultScopes, _time.GetUtcNow(), lifetime), _keys.Current);

    /// <summary>A token that no server may accept, good in everything but <paramref name="kind"/>.</summary>
    public string CreateBadToken(BadToken kind, string audience) =>
        TokenForge.Bad(kind, TokenForge.Claims(Issuer, [audience], DefaultScopes, _time.GetUtcNow(), TimeSpan.FromHours(1)), _keys.Current, _time.GetUtcNow());

    /// <summary>Makes a new signing key; with <paramref name="keepOld"/> tokens signed before stay valid.</summary>
    public void RotateKeys(bool keepOld = true) => _keys.Rotate(keepOld);

    /// <summary>How often a path was asked for, for example <c>/jwks</c>.</summary>
    public int RequestsOf(string path) => _requests.GetValueOrDefault(path);

    /// <summary>Stops listening: connections are refused from now on.</summary>
    public async Task GoDownAsync()
    {
        if (_issuer is { } issuer)
        {
            _issuer = null;
            await issuer.DisposeAsync();
        }
    }

    /// <summary>Listens again on the port it had.</summary>
    public Task ComeBackAsync() => ListenAsync(new Uri(Issuer).Port);

    public async ValueTask DisposeAsync()
    {
        await GoDownAsync();
        _keys.Dispose();
    }

    private async Task ListenAsync(int port)
    {
        _issuer = await TokenIssuer.StartAsync(new TokenIssuerOptions { Port = port, Observe = ObserveAsync }, _keys, _time, null, CancellationToken.None);
        Issuer = _issuer.Issuer;
        _clientSecret = _issuer.ClientSecret;
    }

    private Task ObserveAsync(HttpContext context, RequestDelegate next)
    {
        _requests.AddOrUpdate(context.Request.Path, 1, (_, count) => count + 1);
        if (!Failing)
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return Task.CompletedTask;
    }
}
