using System.Text.RegularExpressions;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Processes;

namespace McpTunnel.IntegrationTests.Cli;

/// <summary>The README's installation, each block pasted at once: its names, its directories, port 443, in a network of its own.</summary>
[Category("Netns")]
[CancelAfter(600_000)]
[Parallelizable(ParallelScope.All)]
public sealed class ReadmeTests
{
    [SetUp]
    public void NeedsANetworkOfItsOwn()
    {
        Requires.Linux();
        Requires.Root();
        Requires.DebianProgram("unshare", "util-linux");
        Requires.DebianProgram("ip", "iproute2");
        Requires.DebianProgram("curl", "curl");
    }

    [Test]
    public async Task Installation_on_two_machines_works_as_written()
    {
        using var scratch = new ScratchDirectory();
        var readme = Repository.Read("README.md");
        var script = scratch.Write("run", Script(Block(readme, "edge"), Block(readme, "client"), scratch.Path));

        await using var shell = RunningProgram.Start(
            "unshare", ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "/bin/bash", script], null);
        var result = await shell.EndAsync(TimeSpan.FromMinutes(4));

        // Nobody gave the agent a token, and the README's issuer does not exist: a challenge is all that it can get, and it comes from the client.
        Assert.That(result.ExitCode, Is.Zero, result.ToString());
        Assert.That(
            result.Output,
            Does.Contain("HTTP/2 401").And.Contain("resource_metadata=\"https://docs.acme.tunnel.example.com/.well-known/oauth-protected-resource/mcp\""));
    }

    private static string Block(string readme, string machine)
    {
        var match = Regex.Match(readme, $@"<!-- machine: {machine} -->\s*```sh\n(.*?)```", RegexOptions.Singleline);
        Assert.That(match.Success, $"README has a block for the machine '{machine}'");
        return match.Groups[1].Value;
    }

    private static string Script(string edge, string client, string root) => $"""
        set -euo pipefail
        export PATH="{AppContext.BaseDirectory.TrimEnd('/')}:$PATH"
        mount -t tmpfs tmpfs /var/lib
        ip link set lo up
        printf '127.0.0.1 localhost tunnel.example.com link.tunnel.example.com docs.acme.tunnel.example.com\n' > {root}/hosts
        mount --bind {root}/hosts /etc/hosts
        unset HTTPS_PROXY https_proxy ALL_PROXY all_proxy

        mkdir {root}/edge {root}/client
        cd {root}/edge
        {edge}
        cp acme.token /var/lib/mcptunnel/edge/edge-ca.pem {root}/client
        cd {root}/client
        {client}
        curl -sS -i --cacert /var/lib/mcptunnel/client/server-ca.pem https://docs.acme.tunnel.example.com/mcp
        """;
}
