using System.Globalization;
using System.Text.Json;
using McpTunnel.Cli.Demo.Sample;
using McpTunnel.TestKit.Processes;
using McpTunnel.TestKit.Tokens;
using Microsoft.AspNetCore.Http;

namespace McpTunnel.IntegrationTests.Netns;

/// <summary>
/// What a private network has besides the tunnel client: an MCP server and a token issuer, on loopback. The entry point of this assembly, so
/// that it can run in a network namespace of its own.
/// </summary>
internal static class PrivateNetwork
{
    /// <summary>A query with which the server sends so many bytes (GET), or reads them and answers with nothing (POST).</summary>
    public const string Bulk = "bulk";

    /// <summary>This assembly, for <c>dotnet</c> to run.</summary>
    public static string Assembly => typeof(PrivateNetwork).Assembly.Location;

    /// <summary>
    /// Prints one line {"upstream", "issuer", "token"}, the token for the audience that is the only argument; ends when standard input does,
    /// as it does when the test is gone. Or becomes a <see cref="ConfinedProgram"/>.
    /// </summary>
    public static async Task<int> Main(string[] args)
    {
        if (OperatingSystem.IsLinux() && args is [ConfinedProgram.Verb, .. var command])
        {
            return ConfinedProgram.Become(command);
        }

        if (args is not [var audience])
        {
            await Console.Error.WriteLineAsync("Run the tests with 'dotnet test'.");
            return 2;
        }

        await using var issuer = await TestIssuer.StartAsync();
        await using var server = await SampleServer.StartAsync(0, TimeProvider.System, null, AnswerAsync, CancellationToken.None);
        Console.WriteLine(JsonSerializer.Serialize(new { upstream = server.Url, issuer = issuer.Issuer, token = issuer.CreateToken(audience) }));
        await Console.In.ReadToEndAsync();
        return 0;
    }

    private static async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        if (!context.Request.Query.TryGetValue(Bulk, out var size))
        {
            await next(context);
            return;
        }

        if (HttpMethods.IsPost(context.Request.Method))
        {
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            return;
        }

        context.Response.ContentLength = long.Parse(size!, NumberStyles.None, CultureInfo.InvariantCulture);
        var part = new byte[64 * 1024];
        for (var left = context.Response.ContentLength.Value; left > 0; left -= part.Length)
        {
            await context.Response.Body.WriteAsync(part.AsMemory(0, (int)Math.Min(left, part.Length)), context.RequestAborted);
        }
    }
}
