using System.Net;
using System.Net.Sockets;
using McpTunnel.Client.Linking;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Upstreams;
using McpTunnel.TestKit.WholePath;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>Servers behind a tunnel that take calls and never answer, beside one that does.</summary>
[CancelAfter(180_000)]
public sealed class BlackHoleTests
{
    private const int CallsOfEach = 250;

    /// <summary>Agents that come at once; an edge takes so many more of one address.</summary>
    private const int AtOnce = 50;

    /// <summary>Both ends of a call that waits, agent and upstream included, since all are in this process.</summary>
    private const long BytesOfACall = 256 * 1024;

    [Test]
    public async Task F22_500_calls_into_black_holes_leave_the_healthy_server_alone_and_end_with_their_agents(CancellationToken cancellationToken)
    {
        await using var healthy = await ScriptedUpstream.StartAsync(Behaviour.EchoBody);
        await using var mute = await ScriptedUpstream.StartAsync(Behaviour.NoAnswer);
        using var unreachable = new FullListener();
        await using var path = await TunnelFixture.StartAsync(new TunnelFixtureOptions
        {
            Links = 2,
            Servers =
            [
                new TestServer("docs") { Upstream = healthy.Url, NeedsToken = false },
                new TestServer("mute") { Upstream = mute.Url, NeedsToken = false },
                new TestServer("unreachable") { Upstream = unreachable.Url, NeedsToken = false, Yaml = ["connectTimeout: 2m"] },
            ],
        });
        using var agent = path.CreateHttpClient();
        await CallAsync(agent, path, times: 50, cancellationToken);
        await TestProcess.SettleAsync();
        var before = TestProcess.LiveHeap();

        using var leave = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var stuck = path.CreateHttpClient();
        stuck.Timeout = Timeout.InfiniteTimeSpan;
        var calls = new List<Task>();
        foreach (var server in new[] { "mute", "unreachable" })
        {
            for (var i = 0; i < CallsOfEach; i++)
            {
                calls.Add(stuck.PostAsync(path.Tunnel.UrlOf(server), Json(), leave.Token));
                if (calls.Count % AtOnce == 0)
                {
                    await Eventually.ThatAsync(() => StreamsOf(path) >= calls.Count, "the calls are on links");
                }
            }
        }

        await Eventually.ThatAsync(() => mute.Requests.Count == CallsOfEach, "the mute server has its calls");
        await CallAsync(agent, path, times: 200, cancellationToken);
        var grown = TestProcess.LiveHeap() - before;
        var ended = calls.Count(call => call.IsCompleted);
        await leave.CancelAsync();

        Assert.Multiple(() =>
        {
            Assert.That(ended, Is.Zero, "all were waiting while the healthy server was called");
            Assert.That(grown, Is.LessThan(2 * CallsOfEach * BytesOfACall));
        });
        Assert.That(async () => await Task.WhenAll(calls).WaitAsync(Eventually.Deadline, cancellationToken), Throws.InstanceOf<OperationCanceledException>());
        for (var i = 0; i < CallsOfEach; i++)
        {
            await Eventually.ResultAsync(mute.NextAbortAsync(cancellationToken).AsTask());
        }

        stuck.Dispose();
        await Eventually.ThatAsync(() => StreamsOf(path) == 1, "only the healthy server's agent is left");
        await CallAsync(agent, path, times: 50, cancellationToken);
    }

    private static int StreamsOf(TunnelFixture path) => path.Tunnel.Client.Status.Links.Where(link => link.State == LinkSlotState.Up).Sum(link => link.Streams);

    private static async Task CallAsync(HttpClient agent, TunnelFixture path, int times, CancellationToken cancellationToken)
    {
        for (var i = 0; i < times; i++)
        {
            using var response = await agent.PostAsync(path.Tunnel.UrlOf("docs"), Json(), cancellationToken);
            Assert.That((response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken)), Is.EqualTo((HttpStatusCode.OK, "{}")));
        }
    }

    private static StringContent Json() => new("{}", null, "application/json");

    /// <summary>An address whose packets vanish: a listener that accepts nobody, with no room left for those who wait.</summary>
    private sealed class FullListener : IDisposable
    {
        private const int More = 8;

        private readonly Socket _listener = New();
        private readonly List<Socket> _waiting = [];

        public FullListener()
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen(1);
            for (var i = 0; i < More; i++)
            {
                var socket = New();
                socket.Blocking = false;
                _waiting.Add(socket);
                try
                {
                    socket.Connect(_listener.LocalEndPoint!);
                }
                catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
                {
                    // On its way, for the first ones; for ever, for the others.
                }
            }
        }

        public Uri Url => new($"http://{_listener.LocalEndPoint}/mcp");

        public void Dispose()
        {
            _waiting.ForEach(socket => socket.Dispose());
            _listener.Dispose();
        }

        private static Socket New() => new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    }
}
