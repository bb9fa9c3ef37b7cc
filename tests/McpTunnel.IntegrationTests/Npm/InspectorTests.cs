using System.Text.Json;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Processes;
using McpTunnel.TestKit.WholePath;

namespace McpTunnel.IntegrationTests.Npm;

/// <summary>The MCP Inspector's command line as agent of the reference server.</summary>
[Category("Npm")]
[CancelAfter(180_000)]
[Parallelizable(ParallelScope.Self)]
public sealed class InspectorTests
{
    private static readonly string[] CallEcho = ["--method", "tools/call", "--tool-name", "echo", "--tool-arg", "message=hello"];

    private EverythingServer _server = null!;
    private TunnelFixture _tunnel = null!;

    private Uri Url => _tunnel.Tunnel.UrlOf("everything");

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        NodeProgram.Require();
        _server = await EverythingServer.StartAsync();
        _tunnel = await TunnelFixture.StartAsync(new() { Servers = [new("everything") { Upstream = _server.Url }] });
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_tunnel is not null)
        {
            await _tunnel.DisposeAsync();
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Test]
    public async Task Tools_list_answers_as_directly()
    {
        var direct = await InspectAsync(_server.Url, null, "--method", "tools/list");
        var through = await InspectAsync(Url, _tunnel.TokenFor(Url), "--method", "tools/list");

        Assert.Multiple(() =>
        {
            Assert.That(through.ExitCode, Is.Zero, through.ToString());
            Assert.That(through.Output, Is.EqualTo(direct.Output));
        });
        var tools = JsonDocument.Parse(through.Output).RootElement.GetProperty("result").GetProperty("tools");
        Assert.That(tools.EnumerateArray().Select(tool => tool.GetProperty("name").GetString()), Does.Contain("echo"));
    }

    [Test]
    public async Task Tools_call_echo_answers_as_directly()
    {
        var direct = await InspectAsync(_server.Url, null, CallEcho);
        var through = await InspectAsync(Url, _tunnel.TokenFor(Url), CallEcho);

        Assert.Multiple(() =>
        {
            Assert.That(through.ExitCode, Is.Zero, through.ToString());
            Assert.That(through.Output, Is.EqualTo(direct.Output));
            Assert.That(through.Output, Does.Contain("Echo: hello"));
        });
    }

    [Test]
    public async Task Call_without_a_token_ends_with_the_inspectors_word_for_it()
    {
        var result = await InspectAsync(Url, null, CallEcho);

        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.Not.Zero);
            Assert.That(result.Output, Does.Not.Contain("Echo"));
            Assert.That(result.Error, Does.Contain("auth_required"));
        });
    }

    private async Task<ProgramResult> InspectAsync(Uri url, string? token, params string[] method)
    {
        using var home = new ScratchDirectory();
        string[] header = token is null ? [] : ["--header", $"Authorization: Bearer {token}"];
        await using var program = NodeProgram.Start(
            NodeProgram.Inspector,
            ["--cli", "--server-url", url.AbsoluteUri, "--transport", "http", "--format", "json", "--stored-auth-only", .. header, .. method],
            home.Path,
            new Dictionary<string, string> { ["NODE_EXTRA_CA_CERTS"] = _tunnel.Tunnel.CaFile, ["MCPTUNNEL_TEST_DOMAIN"] = _tunnel.Tunnel.Domain });
        return await program.EndAsync();
    }
}
