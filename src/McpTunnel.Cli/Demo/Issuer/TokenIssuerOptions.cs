using Microsoft.AspNetCore.Http;

namespace McpTunnel.Cli.Demo.Issuer;

/// <summary>How a <see cref="TokenIssuer"/> runs.</summary>
internal sealed record TokenIssuerOptions
{
    /// <summary>The one OAuth client it knows.</summary>
    public const string ClientId = "demo-agent";

    /// <summary>TCP port on 127.0.0.1; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Scopes the client may ask for.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = ["mcp:tools"];

    /// <summary>Life of a token. An hour: the usual life of an access token.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Resources a token may name as its audience; null for any.</summary>
    public Func<string, bool>? AllowsResource { get; init; }

    /// <summary>Middleware in front of everything, for tests; null for none.</summary>
    public Func<HttpContext, RequestDelegate, Task>? Observe { get; init; }
}
