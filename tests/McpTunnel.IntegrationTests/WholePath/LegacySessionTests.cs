using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using McpTunnel.Cli.Demo.Agents;
using McpTunnel.Cli.Demo.Sample;
using McpTunnel.Edge.Directory;
using McpTunnel.TestKit;
using McpTunnel.TestKit.WholePath;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>
/// Sessions of the legacy era (<c>Mcp-Session-Id</c>) where a tunnel has several links and several client instances: every connection of an agent may take another way. A session lives in the
/// server; the tunnel neither keeps nor follows it.
/// </summary>
[CancelAfter(120_000)]
public sealed class LegacySessionTests
{
    private const string Version = "2025-11-25";
    private const string SessionId = "Mcp-Session-Id";
    private const int AtOnce = 24;

    private readonly ScratchDirectory _other = new();
    private TunnelFixture _path = null!;
    private X509Certificate2 _authority = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _path = await TunnelFixture.StartAsync(new TunnelFixtureOptions { Links = 4, Servers = [new TestServer("docs") { NeedsToken = false }] });
        _authority = X509CertificateLoader.LoadCertificateFromFile(_path.Tunnel.CaFile);
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _path.DisposeAsync();
        _authority.Dispose();
        _other.Dispose();
    }

    [Test]
    public async Task F35_session_goes_on_over_every_link_of_every_instance_in_front_of_one_server(CancellationToken cancellationToken)
    {
        await using var another = await _path.Tunnel.StartAnotherAsync(_other["client"]);
        var instances = InstancesByLink();
        using var http = NewAgent(connectionForEachCall: true);
        var transport = new HttpClientTransport(new HttpClientTransportOptions { Endpoint = _path.Tunnel.UrlOf("docs"), TransportMode = HttpTransportMode.StreamableHttp }, http);
        await using var agent = await McpClient.CreateAsync(transport, new McpClientOptions { ProtocolVersion = Version }, cancellationToken: cancellationToken);

        for (var round = 0; round < 4; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async i =>
            {
                var answer = await agent.CallToolAsync("echo", new Dictionary<string, object?> { ["message"] = $"call {i}" }, cancellationToken: cancellationToken);
                return ((TextContentBlock)answer.Content.Single()).Text;
            }));
            Assert.That(answers, Is.EqualTo(Enumerable.Range(0, AtOnce).Select(i => $"call {i}")));
        }

        var used = instances.Where(link => _path.EdgeLog.Contains($"goes through link {link.Key} ")).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(agent.SessionId, Is.Not.Empty);
            Assert.That(used, Has.Count.GreaterThan(2), "several links");
            Assert.That(used.Select(link => link.Value).Distinct().Count(), Is.EqualTo(2), "of both instances");
        });
    }

    [Test]
    public async Task F35_servers_that_do_not_share_sessions_say_so_themselves_and_a_connection_stays_with_one(CancellationToken cancellationToken)
    {
        await using var replica = await SampleServer.StartAsync(0, TimeProvider.System, null, null, cancellationToken);
        await using var another = await _path.Tunnel.StartAnotherAsync(
            _other["client"], configuration => configuration.Replace(_path.SampleUrl.AbsoluteUri, replica.Url.AbsoluteUri, StringComparison.Ordinal));
        using var steady = NewAgent(connectionForEachCall: false);
        using var changing = NewAgent(connectionForEachCall: true);
        var session = await InitializeAsync(steady, cancellationToken);

        var onOne = new List<(HttpStatusCode, string)>();
        for (var i = 0; i < AtOnce; i++)
        {
            onOne.Add(await ListToolsAsync(steady, session, cancellationToken));
        }

        var onMany = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => ListToolsAsync(changing, session, cancellationToken)));

        Assert.Multiple(() =>
        {
            Assert.That(onOne.Select(answer => answer.Item1), Is.All.EqualTo(HttpStatusCode.OK), "one connection reaches one instance, and so one server");
            Assert.That(onMany.Select(answer => answer.Status).Distinct(), Is.EquivalentTo(new[] { HttpStatusCode.OK, HttpStatusCode.NotFound }));
            Assert.That(onMany.Where(answer => answer.Status == HttpStatusCode.NotFound).Select(answer => answer.Body), Is.All.Contains("Session not found"), "the server's own words");
        });
    }

    private Dictionary<string, string> InstancesByLink() => _path.Edge.Edge.Services.GetRequiredService<LinkDirectory>().Snapshot()
        .ToDictionary(entry => entry.Identity.LinkId, entry => entry.Identity.Instance);

    private HttpClient NewAgent(bool connectionForEachCall)
    {
        var handler = AgentHttp.Handler(_path.Edge.EndPoint, _authority);
        if (connectionForEachCall)
        {
            handler.PooledConnectionLifetime = TimeSpan.Zero;
        }

        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private async Task<string> InitializeAsync(HttpClient agent, CancellationToken cancellationToken)
    {
        using var request = NewRequest(
            $$$$"""{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"{{{{Version}}}}","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}""", session: null);
        using var response = await agent.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        await response.Content.ReadAsStringAsync(cancellationToken);
        return response.Headers.GetValues(SessionId).Single();
    }

    private async Task<(HttpStatusCode Status, string Body)> ListToolsAsync(HttpClient agent, string session, CancellationToken cancellationToken)
    {
        using var request = NewRequest("""{"jsonrpc":"2.0","id":2,"method":"tools/list"}""", session);
        using var response = await agent.SendAsync(request, cancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
    }

    private HttpRequestMessage NewRequest(string body, string? session)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, _path.Tunnel.UrlOf("docs")) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Accept.ParseAdd("application/json");
        request.Headers.Accept.ParseAdd("text/event-stream");
        request.Headers.Add("MCP-Protocol-Version", Version);
        if (session is not null)
        {
            request.Headers.Add(SessionId, session);
        }

        return request;
    }
}
