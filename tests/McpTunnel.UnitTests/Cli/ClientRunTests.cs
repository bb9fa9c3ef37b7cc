using System.Net;
using System.Text;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Network;
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

    [TestCase("{}", 1, "not a client of this version")]
    [TestCase("null", 1, "not a client of this version")]
    [TestCase("{\"readiness\":{\"ready\":true}}", 1, "not a client of this version")]
    [TestCase(null, 4, "No client answers")]
    public async Task Status_of_something_else_is_said_to_be_none(string? answer, int exitCode, string expected)
    {
        using var listener = Listen(out var url);
        var answering = AnswerAsync(listener, response =>
        {
            response.StatusCode = answer is null ? 302 : 200;
            response.RedirectLocation = answer is null ? url + "elsewhere" : null;
            return answer ?? "";
        });

        var run = await CliRun.OfAsync("client", "status", "--management", url);

        await answering;
        Assert.That(run.ExitCode, Is.EqualTo(exitCode), run.Error);
        Assert.That(run.Error, Does.Contain(expected));
    }

    [Test]
    public async Task Status_has_nothing_in_it_that_a_terminal_obeys_and_no_line_that_others_wrote()
    {
        using var listener = Listen(out var url);
        var answering = AnswerAsync(listener, _ => """
            {"software":"1","carrier":{"current":"tls","reason":"r\\u001b[1m","since":"2026-03-01T12:00:00Z","rungs":[]},"tunnel":"t","domain":"d\u001b]0;x\u0007\u001b[2J","instance":"i\r\nready   yes","startedAt":"2026-03-01T12:00:00Z","links":[],"servers":[],
             "readiness":{"ready":false,"reasons":["\u009b2J\u202eno\nready   yes"],"warnings":[]}}
            """);

        var run = await CliRun.OfAsync("client", "status", "--management", url);

        await answering;
        Assert.That(run.Output, Does.Contain("ready   yes"), run.Error);
        Assert.That(run.Output.Split('\n'), Has.None.StartsWith("ready   yes"));
        Assert.That(run.Output.Where(char.IsControl).Distinct(), Is.SubsetOf(new[] { '\n', '\r' }));
        Assert.That(run.Output, Does.Not.Contain("\u202e"));
    }

    private static HttpListener Listen(out string url)
    {
        var listener = new HttpListener();
        url = $"http://127.0.0.1:{FreePort.Next()}/";
        listener.Prefixes.Add(url);
        listener.Start();
        return listener;
    }

    private static async Task AnswerAsync(HttpListener listener, Func<HttpListenerResponse, string> answer)
    {
        var context = await listener.GetContextAsync();
        var body = Encoding.UTF8.GetBytes(answer(context.Response));
        await context.Response.OutputStream.WriteAsync(body);
        context.Response.Close();
    }
}
