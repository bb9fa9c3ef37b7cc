namespace McpTunnel.TestKit.WholePath;

/// <summary>A server behind a tunnel of a <see cref="TunnelFixture"/>.</summary>
/// <param name="Name">The first label of its public name.</param>
public sealed record TestServer(string Name)
{
    /// <summary>Its MCP endpoint; null for the fixture's sample server.</summary>
    public Uri? Upstream { get; init; }

    /// <summary>Whether callers need a token of the fixture's issuer.</summary>
    public bool NeedsToken { get; init; } = true;

    /// <summary>Scopes that a token must have.</summary>
    public IReadOnlyList<string> RequiredScopes { get; init; } = ["mcp:tools"];

    /// <summary>More lines of the server's configuration, without indentation.</summary>
    public IReadOnlyList<string> Yaml { get; init; } = [];
}
