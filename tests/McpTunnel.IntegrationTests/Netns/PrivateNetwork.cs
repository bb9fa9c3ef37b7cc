using System.Text.Json;
using McpTunnel.Cli.Demo.Sample;
using McpTunnel.TestKit.Tokens;

namespace McpTunnel.IntegrationTests.Netns;

/// <summary>
/// What a private network has besides the tunnel client: an MCP server and a token issuer, on loopback. The entry point of this assembly, so
/// that it can run in a network namespace of its own.
/// </summary>
internal static class PrivateNetwork
{
    /// <summary>This assembly, for <c>dotnet</c> to run.</summary>
    public static string Assembly => typeof(PrivateNetwork).Assembly.Location;

    /// <summary>
    /// Prints one line {"upstream", "issuer", "token"}, the token for the audience that is the only argument; ends when standard input does,
    /// as it does when the test is gone.
    /// </summary>
    public static async Task<int> Main(string[] args)
    {
        if (args is not [var audience])
        {
            await Console.Error.WriteLineAsync("Run the tests with 'dotnet test'.");
            return 2;
        }

        await using var issuer = await TestIssuer.StartAsync();
        await using var server = await SampleServer.StartAsync(0, TimeProvider.System, null, null, CancellationToken.None);
        Console.WriteLine(JsonSerializer.Serialize(new { upstream = server.Url, issuer = issuer.Issuer, token = issuer.CreateToken(audience) }));
        await Console.In.ReadToEndAsync();
        return 0;
    }
}
