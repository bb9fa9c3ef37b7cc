using McpTunnel.Cli.Demo.Issuer;

namespace McpTunnel.Benchmarks.Components;

/// <summary>The authorization server of the variants that check tokens. Says its address; signs a token for an audience when asked.</summary>
internal static class IssuerHost
{
    public const string Name = "issuer";

    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        await using var issuer = await TokenIssuer.StartAsync(new TokenIssuerOptions(), null, TimeProvider.System, null, cancellationToken);
        await ComponentHost.ServeAsync(issuer.Issuer, cancellationToken, question => Task.FromResult(Answer(issuer, question)));
        return 0;
    }

    private static string? Answer(TokenIssuer issuer, string question) => question.Split(' ') is [Questions.Token, var audience]
        ? issuer.CreateToken(new TokenClaims([audience], "bench-agent", TokenIssuerOptions.ClientId, ["mcp:tools"], TimeSpan.FromHours(2)))
        : null;
}
