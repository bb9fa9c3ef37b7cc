using McpTunnel.Certificates.Files;

namespace McpTunnel.Cli.Demo;

/// <summary>
/// A command that works when it is pasted into a shell: address and CA named, no proxy of the environment in between, and the token in
/// a file, since arguments are seen by every user of a machine.
/// </summary>
internal static class CurlCommand
{
    /// <summary>A call of the newest era needs no session; the sample server speaks it.</summary>
    private const string ToolsList =
        """{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}""";

    /// <summary>Every server that keeps sessions answers this.</summary>
    private const string Initialize =
        """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"curl","version":"1"}}}""";

    /// <summary>Writes the token's file and returns the command.</summary>
    public static async Task<string> PrepareAsync(DemoTunnel demo, CancellationToken cancellationToken)
    {
        var header = Path.Combine(demo.State.Root, "authorization-header");
        await AtomicFiles.WriteAsync(header, $"Authorization: Bearer {demo.Token}\n", FileProtection.OwnerOnly, cancellationToken);
        var url = demo.AgentUrl;
        var isSample = demo.Servers[0].Name == UpstreamSpec.SampleName;
        return string.Join(
            " \\\n  ",
            $"curl --noproxy '*' --resolve {url.Host}:{url.Port}:127.0.0.1 --cacert '{demo.CaFile}' -H '@{header}'",
            "-H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream'",
            isSample ? $"-H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/list' -d '{ToolsList}'" : $"-d '{Initialize}'",
            url.AbsoluteUri);
    }
}
