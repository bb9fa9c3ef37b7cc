using System.Net;
using McpTunnel.Client.Enrolment;
using McpTunnel.Protocol.Control;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using McpTunnel.TestKit.Network;
using McpTunnel.TestKit.Processes;

namespace McpTunnel.IntegrationTests.Enrolment;

/// <summary>Enrolment through a corporate proxy: by options, and by the environment of the real program.</summary>
[CancelAfter(120_000)]
public sealed class EnrolmentProxyTests
{
    private ScratchDirectory _directory = null!;
    private EdgeFixture _edge = null!;

    private string EdgeUrl => $"https://{EdgeFixture.Domain}:{_edge.Edge.Port}";

    [SetUp]
    public async Task StartEdge()
    {
        _directory = new ScratchDirectory();
        _edge = await EdgeFixture.StartAsync();
        _directory.Write("edge-ca.pem", _edge.Authorities.ExportCertificatePems());
        Secret("token", _edge.Credentials.Token);
    }

    [TearDown]
    public async Task StopEdge()
    {
        await _edge.DisposeAsync();
        _directory.Dispose();
    }

    [Test]
    public async Task F14_HTTPS_PROXY_with_credentials_is_honoured_by_the_program()
    {
        await using var proxy = StartProxy();

        var result = await EnrollAsync(new() { ["HTTPS_PROXY"] = $"http://{ConnectProxy.User}:correct%3Ahorse@localhost:{proxy.EndPoint.Port}" });

        Assert.That(result.ExitCode, Is.Zero, result.Error);
        Assert.That(proxy.Requests.Select(request => (request.Line, request.Status)).Last(), Is.EqualTo(($"CONNECT {EdgeFixture.Domain}:{_edge.Edge.Port} HTTP/1.1", 200)));
        Assert.That(File.Exists(ClientPaths.Enrolment(_directory["state"])), Is.True);
    }

    [Test]
    public async Task F14_wrong_password_in_HTTPS_PROXY_is_told_without_showing_it()
    {
        await using var proxy = StartProxy();

        var result = await EnrollAsync(new() { ["HTTPS_PROXY"] = $"http://{ConnectProxy.User}:hunter2@localhost:{proxy.EndPoint.Port}" });

        Assert.That(result.ExitCode, Is.Not.Zero);
        Assert.That(result.Error, Does.Contain("does not accept the credentials (407, Basic)").And.Contain("--proxy-credentials-file").And.Not.Contain("hunter2"));
        Assert.That(result.Output, Does.Not.Contain("hunter2"));
    }

    [Test]
    public async Task F14_NO_PROXY_is_honoured_by_the_program()
    {
        await using var proxy = StartProxy();

        // The name resolves nowhere (RFC 6761 section 6.2), so a direct dial fails, and says so.
        var result = await EnrollAsync(new() { ["HTTPS_PROXY"] = $"http://localhost:{proxy.EndPoint.Port}", ["NO_PROXY"] = EdgeFixture.Domain });

        Assert.That(result.Error, Does.Contain("does not resolve"));
        Assert.That(proxy.Requests, Is.Empty);
    }

    [Test]
    public async Task Proxy_of_the_command_line_wins_over_the_environment()
    {
        await using var proxy = StartProxy();
        var secret = Secret("proxy-credentials", $"{ConnectProxy.User}:{proxy.Password}");

        var result = await EnrollAsync(
            new() { ["HTTPS_PROXY"] = "http://localhost:1" }, "--proxy", $"http://localhost:{proxy.EndPoint.Port}", "--proxy-credentials-file", secret);

        Assert.That(result.ExitCode, Is.Zero, result.Error);
    }

    [Test]
    public async Task Password_on_the_command_line_is_refused_without_showing_it()
    {
        var result = await EnrollAsync([], "--proxy", "http://svc:hunter2@localhost:3128");

        Assert.That(result.ExitCode, Is.EqualTo(2));
        Assert.That(result.Error, Does.Contain("carries credentials").And.Contain("--proxy-credentials-file").And.Not.Contain("hunter2"));
    }

    [TestCase(403, EnrolmentFault.ProxyRefused, "Have that host and port allowed")]
    [TestCase(407, EnrolmentFault.ProxyRefused, "scheme that this program does not speak")]
    public async Task Proxy_that_refuses_is_told_from_an_edge_that_does(int status, EnrolmentFault fault, string expected)
    {
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { RefuseWith = status });
        using var http = new EnrolmentHttp(new Uri(EdgeUrl), _edge.Authorities, proxy: new WebProxy(proxy.Url));

        var refused = (await Assert.ThrowsAsync<EnrolmentException>(() => http.CallAsync(new EnrolmentCall(new Secret(_edge.Credentials.Token), "csr"), CancellationToken.None)))!;

        Assert.That((refused.Fault, refused.IsRetryable), Is.EqualTo((fault, false)));
        Assert.That(refused.Message, Does.Contain(expected).And.Contain($"localhost:{proxy.EndPoint.Port}"));
    }

    [Test]
    public async Task Proxy_that_inspects_TLS_gets_no_token()
    {
        using var authority = new InspectionAuthority();
        using var shown = authority.Issue(EdgeFixture.Domain);
        await using var proxy = ConnectProxy.Start(new ConnectProxyOptions { Intercept = shown, Resolve = _ => _edge.EndPoint });
        using var http = new EnrolmentHttp(new Uri(EdgeUrl), _edge.Authorities, proxy: new WebProxy(proxy.Url));

        var refused = (await Assert.ThrowsAsync<EnrolmentException>(() => http.CallAsync(new EnrolmentCall(new Secret(_edge.Credentials.Token), "csr"), CancellationToken.None)))!;

        Assert.That(refused.Fault, Is.EqualTo(EnrolmentFault.CertificateNotTrusted));
        Assert.That(refused.Message, Does.Contain(InspectionAuthority.Name).And.Contain("something on the way opened TLS").And.Contain("tunnel token"));
    }

    private ConnectProxy StartProxy() => ConnectProxy.Start(new ConnectProxyOptions { Challenges = ["Basic realm=\"corp\""], Resolve = _ => _edge.EndPoint });

    private async Task<ProgramResult> EnrollAsync(Dictionary<string, string> environment, params string[] more)
    {
        // Whatever this machine has set, in either case, is out of the way.
        foreach (var name in new[] { "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY" })
        {
            environment.TryAdd(name, "");
            environment[name.ToLowerInvariant()] = environment[name];
        }

        await using var program = RunningProgram.Start(
            RunningProgram.Mcptunnel,
            ["client", "enroll", "--edge", EdgeUrl, "--token-file", _directory["token"], "--ca-file", _directory["edge-ca.pem"], "--state", _directory["state"], .. more],
            environment);
        return await program.EndAsync();
    }

    private string Secret(string name, string text) => _directory.Write(name, text + "\n");
}
