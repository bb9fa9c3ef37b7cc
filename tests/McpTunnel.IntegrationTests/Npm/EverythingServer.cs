using System.Globalization;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Processes;

namespace McpTunnel.IntegrationTests.Npm;

/// <summary>The reference server of the protocol's authors, over HTTP on a free loopback port.</summary>
internal sealed class EverythingServer : IAsyncDisposable
{
    private readonly RunningProgram _program;
    private readonly ScratchDirectory _home;

    private EverythingServer(RunningProgram program, ScratchDirectory home, Uri url)
    {
        _program = program;
        _home = home;
        Url = url;
    }

    /// <summary>The MCP endpoint, direct.</summary>
    public Uri Url { get; }

    public static async Task<EverythingServer> StartAsync()
    {
        const string Announcement = "listening on ";
        var home = new ScratchDirectory();
        var program = NodeProgram.Start(NodeProgram.Everything, ["streamableHttp"], home.Path, new Dictionary<string, string> { ["PORT"] = "0" });
        string line;
        do
        {
            line = await program.NextLineAsync();
        }
        while (!line.StartsWith(Announcement, StringComparison.Ordinal));

        var port = int.Parse(line[Announcement.Length..], CultureInfo.InvariantCulture);
        return new EverythingServer(program, home, new Uri($"http://127.0.0.1:{port}/mcp"));
    }

    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        _home.Dispose();
    }
}
