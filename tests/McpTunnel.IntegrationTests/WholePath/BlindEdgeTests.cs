using McpTunnel.TestKit.WholePath;
using ModelContextProtocol.Protocol;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>
/// What the edge gets to see. The agent's wire is recorded as it is, and the link is recorded inside its outer TLS, so the two records
/// are all that the edge process receives and sends during a call; its log and its files are searched too.
/// </summary>
[CancelAfter(120_000)]
public sealed class BlindEdgeTests
{
    private const string Argument = "argument-7f3c19";

    /// <summary>How every token of the issuer begins: its header, in base64url.</summary>
    private const string TokenPrefix = "eyJhbGciOiJFUzI1NiIs";

    [TestCase("2025-11-25")]
    [TestCase("2026-07-28")]
    public async Task Edge_sees_neither_token_nor_tool_nor_argument_nor_answer(string version, CancellationToken cancellationToken)
    {
        await using var path = await TunnelFixture.StartAsync(new TunnelFixtureOptions { RecordWires = true });
        var url = path.Tunnel.UrlOf("docs");
        await using var agent = await path.ConnectAgentAsync(url, version);

        var answer = await agent.CallToolAsync("echo", new Dictionary<string, object?> { ["message"] = Argument }, cancellationToken: cancellationToken);

        // The markers were really on the way: the private server's wire has them, in the same encoding.
        Assert.That(((TextContentBlock)answer.Content.Single()).Text, Is.EqualTo(Argument));
        var upstream = path.UpstreamWire!;
        Assert.Multiple(() =>
        {
            Assert.That(upstream.FromClient.Contains("tools/call"), "the method at the private server");
            Assert.That(upstream.FromClient.Contains("\"echo\""), "the tool at the private server");
            Assert.That(upstream.FromClient.Contains(Argument), "the argument at the private server");
            Assert.That(upstream.FromServer.Contains(Argument), "the answer at the private server");
            Assert.That(upstream.FromClient.Contains("/mcp"), "the path at the private server");
        });

        // And the records are what they claim to be: the edge has to see the name, and the link's control messages.
        var agentWire = path.AgentWire!;
        var linkWire = path.Tunnel.LinkWire!;
        Assert.Multiple(() =>
        {
            Assert.That(agentWire.FromClient.Contains(url.Host), "the name on the agent's wire");
            Assert.That(linkWire.FromServer.Contains(url.Host), "the name in the preamble on the link");
            Assert.That(linkWire.FromClient.Contains("\"hello\""), "the control stream on the link");
        });

        string[] secrets = ["tools/call", "tools/list", "\"echo\"", Argument, TokenPrefix, "Bearer", "jsonrpc", "/mcp HTTP"];
        Assert.Multiple(() =>
        {
            foreach (var secret in secrets)
            {
                Assert.That(agentWire.Carried(secret), Is.False, $"{secret} on the agent's wire");
                Assert.That(linkWire.Carried(secret), Is.False, $"{secret} inside the link");
                Assert.That(path.EdgeLog.Contains(secret), Is.False, $"{secret} in the edge's log");
                Assert.That(FilesWith(path.EdgeDirectory, secret), Is.Empty, $"{secret} in the edge's state");
            }
        });
    }

    [Test]
    public async Task Private_server_does_not_see_the_agents_token(CancellationToken cancellationToken)
    {
        await using var path = await TunnelFixture.StartAsync(new TunnelFixtureOptions { RecordWires = true });
        await using var agent = await path.ConnectAgentAsync(path.Tunnel.UrlOf("docs"), "2026-07-28");

        await agent.ListToolsAsync(cancellationToken: cancellationToken);

        var wire = path.UpstreamWire!.FromClient;
        Assert.That((wire.Contains("tools/list"), wire.Contains(TokenPrefix), wire.Contains("Bearer")), Is.EqualTo((true, false, false)));
    }

    private static IEnumerable<string> FilesWith(string directory, string text)
    {
        // All but the file that the edge keeps locked, which is empty.
        foreach (var file in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Where(file => new FileInfo(file).Length > 0))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = new MemoryStream();
            stream.CopyTo(copy);
            if (copy.GetBuffer().AsSpan(0, (int)copy.Length).IndexOf(System.Text.Encoding.UTF8.GetBytes(text)) >= 0)
            {
                yield return file;
            }
        }
    }
}
