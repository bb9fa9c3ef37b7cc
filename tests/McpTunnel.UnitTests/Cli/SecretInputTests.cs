using NUnit.Framework;

namespace McpTunnel.UnitTests.Cli;

/// <summary>Where secrets may come from, and that they come out nowhere.</summary>
public sealed class SecretInputTests
{
    private const string Edge = "https://127.0.0.1:1";

    private const string Secret = "mca_secret-3f9a";

    [Test]
    public async Task Admin_key_from_the_environment_is_used_and_not_shown()
    {
        var run = await CliRun.WithAsync(new() { ["MCPTUNNEL_ADMIN_KEY"] = Secret, ["MCPTUNNEL_EDGE"] = Edge }, "", "edge", "tunnels", "list", "--debug");

        // Nobody listens there, so it got as far as dialling.
        Assert.That((run.ExitCode, run.Error.Contains(Secret, StringComparison.Ordinal)), Is.EqualTo((4, false)), run.Error);
    }

    [Test]
    public async Task Admin_key_from_standard_input_is_used_and_not_shown()
    {
        var run = await CliRun.WithAsync([], Secret + "\n", "edge", "tunnels", "list", "--edge", Edge, "--admin-key-file", "-", "--debug");

        Assert.That((run.ExitCode, run.Error.Contains(Secret, StringComparison.Ordinal)), Is.EqualTo((4, false)), run.Error);
    }

    [TestCase("")]
    [TestCase("\n")]
    [TestCase("   \n")]
    public async Task Empty_standard_input_is_a_usage_error(string input)
    {
        var run = await CliRun.WithAsync([], input, "edge", "tunnels", "list", "--edge", Edge, "--admin-key-file", "-");

        Assert.That((run.ExitCode, run.Error), Is.EqualTo((2, run.Error)));
        Assert.That(run.Error, Does.Contain("admin key"));
    }

    [Test]
    public async Task Token_that_is_none_is_refused_before_anything_is_sent()
    {
        using var scratch = new TestKit.ScratchDirectory();

        var run = await CliRun.WithAsync(new() { ["MCPTUNNEL_TOKEN"] = "mct_wrong" }, "", "client", "enroll", "--edge", Edge, "--state", scratch["client"]);

        Assert.That((run.ExitCode, run.Error.Contains("mct_wrong", StringComparison.Ordinal)), Is.EqualTo((2, false)), run.Error);
    }
}
