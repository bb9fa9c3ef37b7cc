using System.Text.Json;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Cli;

public sealed class CertsCommandTests
{
    private ScratchDirectory _directory = null!;

    private string State => _directory.Path;

    [SetUp]
    public void SetUp() => _directory = new ScratchDirectory();

    [TearDown]
    public void TearDown() => _directory.Dispose();

    [Test]
    public async Task Init_writes_the_four_files_and_says_where()
    {
        var run = await CliRun.OfAsync("certs", "init", "--state", State, "--domain", "acme.tunnel.example.com", "--json");

        var result = JsonDocument.Parse(run.Output).RootElement;
        Assert.Multiple(() =>
        {
            Assert.That(run.ExitCode, Is.Zero, run.Error);
            Assert.That(Directory.GetFiles(State).Select(Path.GetFileName), Is.EquivalentTo(new[] { "server-ca.pem", "server-ca.key", "server.pem", "server.key" }));
            Assert.That(result.GetProperty("caFile").GetString(), Is.EqualTo(Path.Combine(State, "server-ca.pem")));
        });
    }

    [Test]
    public async Task Init_twice_is_refused_and_changes_nothing()
    {
        await CliRun.OfAsync("certs", "init", "--state", State, "--domain", "acme.tunnel.example.com");
        var before = await File.ReadAllTextAsync(Path.Combine(State, "server-ca.pem"));

        var run = await CliRun.OfAsync("certs", "init", "--state", State, "--domain", "acme.tunnel.example.com");

        Assert.Multiple(() =>
        {
            Assert.That(run.ExitCode, Is.EqualTo(2));
            Assert.That(run.Error, Does.Contain("exists already"));
            Assert.That(File.ReadAllText(Path.Combine(State, "server-ca.pem")), Is.EqualTo(before));
        });
    }

    [Test]
    public async Task Init_without_a_domain_takes_it_from_the_enrolment()
    {
        await File.WriteAllTextAsync(Path.Combine(State, "enrolment.json"), """{"domain":"acme.tunnel.example.com"}""");

        var run = await CliRun.OfAsync("certs", "init", "--state", State, "--json");

        Assert.That(JsonDocument.Parse(run.Output).RootElement.GetProperty("domain").GetString(), Is.EqualTo("acme.tunnel.example.com"));
    }

    [TestCase(null)]
    [TestCase("{")]
    [TestCase("{}")]
    [TestCase("""{"domain":7}""")]
    public async Task Init_without_a_domain_and_a_usable_enrolment_says_what_to_do(string? enrolment)
    {
        if (enrolment is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(State, "enrolment.json"), enrolment);
        }

        var run = await CliRun.OfAsync("certs", "init", "--state", State);

        Assert.Multiple(() =>
        {
            Assert.That(run.ExitCode, Is.EqualTo(2));
            Assert.That(run.Error, Does.Contain("enrolment.json").And.Contain("--domain"));
        });
    }

    [TestCase("0", 2)]
    [TestCase("1", 0)]
    [TestCase("398", 0)]
    [TestCase("399", 2)]
    public async Task Init_days_are_held_to_their_limits(string days, int exitCode)
    {
        var run = await CliRun.OfAsync("certs", "init", "--state", State, "--domain", "acme.tunnel.example.com", "--days", days);

        Assert.That(run.ExitCode, Is.EqualTo(exitCode), run.Error);
    }

    [Test]
    public async Task Issue_replaces_the_server_certificate_and_keeps_the_authority()
    {
        await CliRun.OfAsync("certs", "init", "--state", State, "--domain", "acme.tunnel.example.com");
        var before = await ReadAllAsync();

        var run = await CliRun.OfAsync("certs", "issue", "--state", State, "--name", "a.b.acme.tunnel.example.com");

        var after = await ReadAllAsync();
        var inspection = await CliRun.OfAsync("certs", "inspect", Path.Combine(State, "server.pem"), "--json");
        var names = JsonDocument.Parse(inspection.Output).RootElement.GetProperty("dnsNames").EnumerateArray().Select(name => name.GetString());
        Assert.Multiple(() =>
        {
            Assert.That(run.ExitCode, Is.Zero, run.Error);
            Assert.That(after["server.pem"], Is.Not.EqualTo(before["server.pem"]));
            Assert.That(after["server.key"], Is.Not.EqualTo(before["server.key"]));
            Assert.That(after["server-ca.pem"], Is.EqualTo(before["server-ca.pem"]));
            Assert.That(names, Is.EqualTo(new[] { "*.acme.tunnel.example.com", "a.b.acme.tunnel.example.com" }));
        });
    }

    [Test]
    public async Task Issue_of_a_name_outside_the_domain_is_refused()
    {
        await CliRun.OfAsync("certs", "init", "--state", State, "--domain", "acme.tunnel.example.com");

        var run = await CliRun.OfAsync("certs", "issue", "--state", State, "--name", "www.example.com");

        Assert.Multiple(() =>
        {
            Assert.That(run.ExitCode, Is.EqualTo(2));
            Assert.That(run.Error, Does.Contain("www.example.com"));
        });
    }

    [Test]
    public async Task Inspect_of_no_certificate_is_a_usage_error()
    {
        var path = Path.Combine(State, "notes.txt");
        await File.WriteAllTextAsync(path, "not a certificate");

        var run = await CliRun.OfAsync("certs", "inspect", path);

        Assert.Multiple(() =>
        {
            Assert.That(run.ExitCode, Is.EqualTo(2));
            Assert.That(run.Error, Does.Contain(path));
        });
    }

    private async Task<Dictionary<string, string>> ReadAllAsync()
    {
        var files = new Dictionary<string, string>();
        foreach (var path in Directory.GetFiles(State))
        {
            files[Path.GetFileName(path)] = await File.ReadAllTextAsync(path);
        }

        return files;
    }
}
