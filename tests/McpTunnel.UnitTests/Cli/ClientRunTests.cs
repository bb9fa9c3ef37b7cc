using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Cli;

public sealed class ClientRunTests
{
    [Test]
    public async Task Run_without_an_enrolment_says_how_to_enrol()
    {
        using var scratch = new ScratchDirectory();
        var file = scratch.Write("client.yaml", $"edge: https://tunnel.example.com\nstateDirectory: {scratch["state"]}\nservers: []\n");

        var run = await CliRun.OfAsync("client", "run", "--config", file);

        Assert.Multiple(() =>
        {
            Assert.That(run.ExitCode, Is.EqualTo(2), run.Error);
            Assert.That(run.Error, Does.Contain("not enrolled").And.Contain("mcptunnel client enroll"));
        });
    }

    [Test]
    public async Task Run_with_a_wrong_configuration_shows_all_errors_at_once()
    {
        using var scratch = new ScratchDirectory();
        var file = scratch.Write("client.yaml", "edge: http://tunnel.example.com\nservers:\n  - name: UPPER\n    upstraem: x\n");

        var run = await CliRun.OfAsync("client", "run", "--config", file);

        Assert.Multiple(() =>
        {
            Assert.That(run.ExitCode, Is.EqualTo(2), run.Error);
            Assert.That(run.Error, Does.Contain("client.yaml:1:").And.Contain("client.yaml:3:").And.Contain("client.yaml:4:").And.Contain("stateDirectory"));
        });
    }

    [Test]
    public async Task Status_of_nobody_is_unreachable()
    {
        var run = await CliRun.InNoTimeAsync("client", "status", "--management", "http://127.0.0.1:1");

        Assert.That(run.ExitCode, Is.EqualTo(4), run.Error);
    }
}
