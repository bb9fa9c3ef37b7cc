using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using McpTunnel.TestKit.Processes;

namespace McpTunnel.IntegrationTests.Cli;

/// <summary>A real edge that may have few files open, since the limit is one of the whole process.</summary>
[Platform("Linux")]
[CancelAfter(60_000)]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class FewDescriptorsTests : TakeOverFixture
{
    private const int Files = 512;

    [Test]
    public async Task Edge_whose_descriptors_strangers_want_all_keeps_some_and_serves(CancellationToken cancellationToken)
    {
        await InitializeEdgeAsync("\nmanagement: 127.0.0.1:0\n");
        Edge = RunningProgram.Start(
            "/bin/sh", ["-c", $"ulimit -n {Files}; exec \"$@\"", "sh", RunningProgram.Mcptunnel, "edge", "run", "--config", EdgeYaml, "--json"], environment: null);
        var started = JsonDocument.Parse(await Edge.NextLineAsync()).RootElement;
        var strangers = new List<Socket>();
        try
        {
            for (var i = 0; i < 2 * Files; i++)
            {
                strangers.Add(await ConnectAsync(i, cancellationToken));
            }

            // What is needed for the first time now: assemblies, threads, a file of the registry.
            using var http = new HttpClient();
            var answer = await http.GetStringAsync(new Uri(new Uri(started.GetProperty("managementUrl").GetString()!), "readyz"), cancellationToken);

            Assert.That(answer, Does.Contain("\"ready\":true"));
            Assert.That(Edge.ErrorSoFar, Does.Contain("too few for the limits set"));
            Assert.That(Edge.ErrorSoFar, Does.Not.Contain("TooManyOpenSockets"), "there was always a descriptor to accept with");
        }
        finally
        {
            strangers.ForEach(stranger => stranger.Dispose());
        }
    }

    /// <summary>From many addresses, so that the limits of a source are not what stops them.</summary>
    private async Task<Socket> ConnectAsync(int number, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(new IPAddress([127, 0, (byte)(1 + (number % 8)), (byte)(1 + (number / 8 % 250))]), 0));
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Port), cancellationToken);
        return socket;
    }
}
