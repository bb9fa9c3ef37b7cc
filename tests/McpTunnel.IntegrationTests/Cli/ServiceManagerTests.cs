using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Processes;

namespace McpTunnel.IntegrationTests.Cli;

/// <summary>What systemd hears from a real process through its notification socket.</summary>
[CancelAfter(120_000)]
[UnsupportedOSPlatform("windows")] // a datagram socket with a path
[Platform("Linux")]
[Parallelizable(ParallelScope.All)]
public sealed class ServiceManagerTests
{
    [Test]
    public async Task Edge_says_when_it_is_ready_alive_and_stopping(CancellationToken cancellationToken)
    {
        using var directory = new ScratchDirectory();
        using var notices = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        notices.Bind(new UnixDomainSocketEndPoint(directory["notify"]));
        await RunningProgram.RunMcptunnelAsync("edge", "init", "--domain", "edge.test", "--state", directory["edge"], "--listen", "127.0.0.1:0");
        await File.AppendAllTextAsync(directory["edge/edge.yaml"], "\nmanagement: 127.0.0.1:0\n", cancellationToken);
        var environment = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = directory["notify"], ["WATCHDOG_USEC"] = "1000000" };
        await using var edge = RunningProgram.Start(RunningProgram.Mcptunnel, ["edge", "run", "--config", directory["edge/edge.yaml"]], environment);

        var said = new List<string> { await NextAsync(), await NextAsync(), await NextAsync() };
        await edge.SignalAsync(15);
        string last;
        while ((last = await NextAsync()) == "WATCHDOG=1")
        {
            // As often as it was asked to.
        }

        Assert.That(said, Is.EqualTo(new[] { "READY=1", "WATCHDOG=1", "WATCHDOG=1" }));
        Assert.That((last, (await edge.EndAsync()).ExitCode), Is.EqualTo(("STOPPING=1", 0)));

        async Task<string> NextAsync()
        {
            var buffer = new byte[256];
            return Encoding.ASCII.GetString(buffer, 0, await notices.ReceiveAsync(buffer, cancellationToken));
        }
    }
}
