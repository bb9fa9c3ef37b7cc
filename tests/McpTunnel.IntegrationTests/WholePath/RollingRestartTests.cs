using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Cli.Demo;
using McpTunnel.Cli.Demo.Agents;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Upstreams;
using McpTunnel.TestKit.WholePath;
using Microsoft.Data.Sqlite;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>Two edge nodes and two client instances, restarted in turn under calls: agents notice nothing but streams that are asked to resume.</summary>
[CancelAfter(240_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[TestFixture("1.1")]
[TestFixture("2.0")]
public sealed class RollingRestartTests(string version)
{
    private const int Callers = 6;
    private const int StreamsPerNode = 20;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>Of one caller. All processors busy with calls show nothing more, and what is restarted waits for them.</summary>
    private static readonly TimeSpan BetweenCalls = TimeSpan.FromMilliseconds(10);

    private readonly ConcurrentQueue<string> _failures = new();
    private readonly CancellationTokenSource _stop = new();
    private ScriptedUpstream _upstream = null!;
    private TunnelFixture _path = null!;
    private LocalEdge _second = null!;
    private IPEndPoint[] _nodes = null!;
    private volatile IPEndPoint[] _balanced = null!;
    private int _calls;

    [SetUp]
    public async Task StartAsync()
    {
        _upstream = await ScriptedUpstream.StartAsync(Behaviour.EchoBody);
        _upstream.RecordsBodies = false;
        var server = new TestServer("docs") { Upstream = _upstream.Url, NeedsToken = false };
        _path = await TunnelFixture.StartAsync(new TunnelFixtureOptions { Links = 4, Servers = [server] });
        await _path.Tunnel.StopAsync();
        _second = await StartSecondNodeAsync();
        _nodes = [_path.Edge.EndPoint, _second.EndPoint];
        _balanced = _nodes;
        var configuration = await File.ReadAllTextAsync(_path.Tunnel.ConfigurationFile);
        await File.WriteAllTextAsync(
            _path.Tunnel.ConfigurationFile, configuration
                .Replace($"edgeEndPoints: [{_nodes[0]}]", $"edgeEndPoints: [{_nodes[0]}, {_nodes[1]}]", StringComparison.Ordinal)
                .Replace("links:\n", "links:\n  probeEvery: 1s\n", StringComparison.Ordinal));
        await _path.Tunnel.StartAsync();
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _second.DisposeAsync();
        await _path.DisposeAsync();
        await _upstream.DisposeAsync();
        _stop.Dispose();
    }

    [Test]
    public async Task F6_F13_F24_F25_edge_nodes_restarted_in_turn_fail_no_call()
    {
        await Eventually.ThatAsync(() => LinksOf(_path.Edge) == 2 && LinksOf(_second) == 2, "links are spread over both nodes");
        var streams = await OpenStreamsAsync();
        var load = StartLoad();

        await _path.StopEdgeAsync(Grace);
        _balanced = [_nodes[1]];
        var endedByFirst = await EndedAsync(streams, StreamsPerNode);
        await _path.RestartEdgeAsync();
        await Eventually.ThatAsync(() => LinksOf(_path.Edge) == 2, "the node that is back has its share of the links");
        _balanced = _nodes;
        await AfterMoreCallsAsync();
        await _second.Edge.StopAsync(Grace);
        await EndedAsync(streams, 2 * StreamsPerNode);
        await AfterMoreCallsAsync();
        await _stop.CancelAsync();
        await load;

        Assert.Multiple(() =>
        {
            Assert.That(_failures, Is.Empty, $"of {_calls} calls");
            Assert.That(endedByFirst, Is.EquivalentTo(Enumerable.Range(0, StreamsPerNode)), "only streams through the node that drained have ended");
        });
    }

    [Test]
    public async Task F13_client_instances_restarted_in_turn_fail_no_call()
    {
        using var other = new ScratchDirectory();
        await using var instance = await _path.Tunnel.StartAnotherAsync(other["client"]);
        var load = StartLoad();
        await AfterMoreCallsAsync();

        await _path.Tunnel.StopAsync(Grace);
        await AfterMoreCallsAsync();
        await _path.Tunnel.StartAsync();
        await instance.StopAsync(Grace);
        await AfterMoreCallsAsync();
        await _stop.CancelAsync();
        await load;

        Assert.That(_failures, Is.Empty, $"of {_calls} calls");
    }

    private static int LinksOf(LocalEdge edge) =>
        ((McpTunnel.Edge.Directory.LinkDirectory)edge.Edge.Services.GetService(typeof(McpTunnel.Edge.Directory.LinkDirectory))!).Count;

    /// <summary>A second node with a copy of the first one's registry, as a fleet shares one.</summary>
    private async Task<LocalEdge> StartSecondNodeAsync()
    {
        var directory = Path.Combine(Path.GetDirectoryName(_path.EdgeDirectory)!, "edge-2");
        McpTunnel.Certificates.Files.StateDirectory.Ensure(directory);
        foreach (var file in Directory.EnumerateFiles(_path.EdgeDirectory).Where(file => Path.GetExtension(file) is ".pem" or ".key" or ".yaml" or ""))
        {
            File.Copy(file, Path.Combine(directory, Path.GetFileName(file)));
        }

        await using (var registry = new SqliteConnection($"Data Source={Path.Combine(_path.EdgeDirectory, "registry.db")};Pooling=False"))
        {
            await registry.OpenAsync();
            await using var copy = registry.CreateCommand();
            copy.CommandText = "VACUUM INTO $copy";
            copy.Parameters.AddWithValue("$copy", Path.Combine(directory, "registry.db"));
            await copy.ExecuteNonQueryAsync();
        }

        return await LocalEdge.StartAsync(TunnelFixture.EdgeDomain, directory, 0, TimeProvider.System, _path.EdgeLog.Factory, CancellationToken.None);
    }

    /// <summary>Agents behind a balancer that knows both nodes: each connection goes to the next one that takes it.</summary>
    private HttpClient NewAgent(Func<IPEndPoint[]> balanced)
    {
        var turn = 0;
        var handler = AgentHttp.Handler(balanced()[0], X509CertificateLoader.LoadCertificateFromFile(_path.Tunnel.CaFile));
        handler.ConnectCallback = async (_, cancellationToken) =>
        {
            var nodes = balanced();
            var first = Interlocked.Increment(ref turn);
            for (var i = 0; ; i++)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(nodes[(first + i) % nodes.Length], cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch (SocketException) when (i < 2 * nodes.Length)
                {
                    socket.Dispose();
                }
            }
        };
        return new HttpClient(handler)
        {
            DefaultRequestVersion = Version.Parse(version),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    private Task StartLoad() => Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(CallAsync)));

    private async Task CallAsync()
    {
        using var agent = NewAgent(() => _balanced);
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var response = await agent.PostAsync(_path.Tunnel.UrlOf("docs"), new StringContent("{}", null, "application/json"));
                var body = await response.Content.ReadAsStringAsync();
                if (response.StatusCode != HttpStatusCode.OK || body != "{}")
                {
                    _failures.Enqueue($"{response.StatusCode} {body}");
                }
            }
            catch (Exception exception)
            {
                _failures.Enqueue(exception.ToString());
            }

            Interlocked.Increment(ref _calls);
            await Task.Delay(BetweenCalls, TimeProvider.System);
        }
    }

    private async Task AfterMoreCallsAsync()
    {
        var before = Volatile.Read(ref _calls);
        await Eventually.ThatAsync(() => Volatile.Read(ref _calls) > before + 200, "calls go on");
    }

    /// <summary>The first half through the first node, the second half through the second one.</summary>
    private async Task<List<Task>> OpenStreamsAsync()
    {
        _upstream.Become(Behaviour.SilentStream(": hello\n\n"));
        var streams = new List<Task>();
        foreach (var node in _nodes)
        {
            var agent = NewAgent(() => [node]);
            for (var i = 0; i < StreamsPerNode; i++)
            {
                var response = await agent.SendAsync(new HttpRequestMessage(HttpMethod.Get, _path.Tunnel.UrlOf("docs")) { Version = Version.Parse(version) }, HttpCompletionOption.ResponseHeadersRead);
                streams.Add(ReadToEndAsync(response));
            }
        }

        _upstream.Become(Behaviour.EchoBody);
        return streams;
    }

    private static async Task ReadToEndAsync(HttpResponseMessage response)
    {
        using (response)
        {
            try
            {
                await using var body = await response.Content.ReadAsStreamAsync();
                await body.CopyToAsync(Stream.Null);
            }
            catch (Exception exception) when (exception is IOException or HttpRequestException)
            {
                // Cut when the grace was over: an agent resumes.
            }
        }
    }

    /// <summary>The numbers of the streams that have ended, once there are so many.</summary>
    private static async Task<IReadOnlyList<int>> EndedAsync(List<Task> streams, int count)
    {
        await Eventually.ThatAsync(() => streams.Count(stream => stream.IsCompleted) >= count, $"{count} streams have ended");
        return [.. streams.Index().Where(stream => stream.Item.IsCompleted).Select(stream => stream.Index)];
    }
}
