using System.Text.Json;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Cli;

public sealed class UsageTests
{
    private static readonly string[] AllCommands =
    [
        "", "certs", "certs init", "certs issue", "certs inspect",
    ];

    [TestCaseSource(nameof(AllCommands))]
    public async Task Help_of_every_command_goes_to_standard_output(string command)
    {
        var run = await CliRun.OfAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);

        Assert.Multiple(() =>
        {
            Assert.That(run.ExitCode, Is.Zero);
            Assert.That(run.Output, Does.Contain("Usage:").And.Contain("--json"));
            Assert.That(run.Error, Is.Empty);
        });
    }

    [TestCase("bogus", "bogus")]
    [TestCase("certs bogus", "bogus")]
    [TestCase("certs init --days x --state d", "--days")]
    [TestCase("certs issue", "--state")]
    [TestCase("certs inspect", "FILE")]
    public async Task Wrong_command_line_names_the_fault_and_where_help_is(string commandLine, string fault)
    {
        var run = await CliRun.OfAsync(commandLine.Split(' '));

        Assert.Multiple(() =>
        {
            Assert.That(run.ExitCode, Is.EqualTo(2));
            Assert.That(run.Output, Is.Empty);
            Assert.That(run.Error, Does.StartWith("error: ").And.Contain(fault).And.Contain("--help").And.Not.Contain("   at "));
        });
    }

    [Test]
    public async Task Wrong_command_line_with_json_prints_one_json_document_on_standard_error()
    {
        var run = await CliRun.OfAsync("certs", "init", "--json");

        var error = JsonDocument.Parse(run.Error).RootElement.GetProperty("error");
        Assert.Multiple(() =>
        {
            Assert.That(run.Error.Trim().Split('\n'), Has.Length.EqualTo(1));
            Assert.That(error.GetProperty("exitCode").GetInt32(), Is.EqualTo(2));
            Assert.That(error.GetProperty("what").GetString(), Does.Contain("--state"));
        });
    }
}
