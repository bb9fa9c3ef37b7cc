using System.CommandLine;
using System.Text.Json;
using System.Text.RegularExpressions;
using McpTunnel.Cli;
using McpTunnel.Cli.Shell;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Cli;

public sealed class UsageTests
{
    private static readonly string[] AllCommands =
    [
        "", "demo",
        "edge", "edge init", "edge run", "edge reload", "edge links",
        "edge tunnels", "edge tunnels create", "edge tunnels list", "edge tunnels show", "edge tunnels archive",
        "edge tokens", "edge tokens create", "edge tokens list", "edge tokens rotate", "edge tokens revoke",
        "client", "client enroll", "client run", "client status",
        "certs", "certs init", "certs issue", "certs inspect",
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
    [TestCase("edge tokens create acme --lifetime soon", "--lifetime")]
    [TestCase("edge tunnels list", "--edge")]
    [TestCase("edge tunnels list --edge http://x", "--edge")]
    [TestCase("edge tunnels list --edge https://x --connect nowhere", "--connect")]
    [TestCase("edge init --domain d.example --state d --listen here", "--listen")]
    [TestCase("client enroll --state d", "--edge")]
    [TestCase("client enroll --edge https://x --state d", "--token-file")]
    [TestCase("client status --management nonsense", "--management")]
    [TestCase("demo --port 65536", "--port")]
    public async Task Wrong_command_line_names_the_fault_and_where_help_is(string commandLine, string fault)
    {
        var run = await CliRun.OfAsync(commandLine.Split(' '));

        Assert.Multiple(() =>
        {
            Assert.That(run.ExitCode, Is.EqualTo(2));
            Assert.That(run.Output, Is.Empty);
            Assert.That(run.Error, Does.StartWith("error: ").And.Contain(fault).And.Contain("remedy: ").And.Not.Contain("   at "));
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

    [Test]
    public void Reference_has_every_command_and_every_option_and_no_other()
    {
        var document = Repository.Read("docs/cli.md");
        var documented = Regex.Matches(document, "`(--[a-z-]+)|`((?:edge|client|certs) [a-z ]*[a-z])").SelectMany(match => new[] { match.Groups[1].Value, match.Groups[2].Value });
        var (commands, options) = Walk(Commands.Root(new CliProgram(Terminal.System(), _ => { })), "");

        Assert.Multiple(() =>
        {
            foreach (var command in commands.Where(command => command.Contains(' ', StringComparison.Ordinal)))
            {
                Assert.That(document, Does.Contain($"`{command}").Or.Contain($"### {command}\n"), command);
            }

            foreach (var option in options)
            {
                Assert.That(document, Does.Contain($"`{option}"), option);
            }

            Assert.That(documented.Where(name => name.StartsWith("--", StringComparison.Ordinal)).Distinct(), Is.SubsetOf(options.Concat(["--help", "--version"])));
        });
    }

    [Test]
    public void Reference_has_every_exit_code()
    {
        var document = Repository.Read("docs/cli.md");

        Assert.That(
            Enum.GetValues<ExitCode>().Select(code => $"| {(int)code} | "),
            Is.All.Matches<string>(line => document.Contains(line!, StringComparison.Ordinal)));
    }

    private static (List<string> Commands, HashSet<string> Options) Walk(Command command, string path)
    {
        var commands = new List<string>();
        var options = command.Options.Where(option => !option.Hidden).Select(option => option.Name).ToHashSet();
        foreach (var child in command.Subcommands)
        {
            var name = $"{path} {child.Name}".Trim();
            var (below, theirs) = Walk(child, name);
            commands.AddRange(child.Subcommands.Count == 0 ? [name] : below);
            options.UnionWith(theirs);
        }

        return (commands, options);
    }
}
