using System.Net.Sockets;
using System.Runtime.Versioning;
using McpTunnel.Certificates.Files;
using McpTunnel.Configuration.Values;
using McpTunnel.Edge;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Handover;
using McpTunnel.Edge.Hosting;
using McpTunnel.Edge.Initialization;
using McpTunnel.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.IntegrationTests.Edge.Handover;

/// <summary>A whole edge that takes over from a process whose part a test plays, and what is left of it when it does not come to that.</summary>
[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[SupportedOSPlatform("linux")] // counts in /proc
[Platform("Linux")]
public sealed class FailedTakeOverTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();
    private PlayedPredecessor _old = null!;

    [SetUp]
    public async Task InitializeAsync()
    {
        await EdgeInitializer.InitializeAsync(
            new EdgeInitialization { Domain = "tunnel.test", StateDirectory = _directory["state"] }, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        _old = new PlayedPredecessor(_directory["state"]);
    }

    public void Dispose()
    {
        _old?.Dispose();
        _directory.Dispose();
    }

    [Test]
    public async Task F1_F13_edge_whose_word_ready_is_refused_gives_up_and_lets_go_of_everything()
    {
        var starting = TakeOverAsync(CancellationToken.None);
        await BeAskedForTheRegistryAsync();
        _old.Say(HandoverMessage.Released);
        await _old.ExpectAsync(HandoverMessage.Ready);
        _old.Channel.TrySend(new HandoverMessage(HandoverMessage.Refused) { Detail = "Too late." });

        Assert.That(async () => await Eventually.ResultAsync(starting), Throws.InstanceOf<EdgeStartException>().With.Message.Contains("Too late."));
        await NothingIsLeftAsync();
    }

    [Test]
    public async Task F1_F13_edge_that_does_not_get_the_registry_lets_go_of_everything()
    {
        var starting = TakeOverAsync(CancellationToken.None);
        await BeAskedForTheRegistryAsync();
        _old.Channel.TrySend(new HandoverMessage(HandoverMessage.Refused) { Detail = "Not now." });

        Assert.That(async () => await Eventually.ResultAsync(starting), Throws.InstanceOf<EdgeStartException>().With.Message.Contains("Not now."));
        await NothingIsLeftAsync();
    }

    [Test]
    public async Task F13_edge_that_has_said_it_is_ready_is_not_given_up_any_more()
    {
        using var giveUp = new CancellationTokenSource();
        var starting = TakeOverAsync(giveUp.Token);
        await BeAskedForTheRegistryAsync();
        _old.Say(HandoverMessage.Released);
        await _old.ExpectAsync(HandoverMessage.Ready);

        await giveUp.CancelAsync();
        _old.Say(HandoverMessage.Left);

        await using var edge = await Eventually.ResultAsync(starting);
        Assert.That(edge.EndPoints, Is.EqualTo(new[] { _old.EndPoint }));
    }

    private Task<TunnelEdge> TakeOverAsync(CancellationToken cancellationToken)
    {
        var options = new EdgeOptions
        {
            Domain = "tunnel.test",
            Listen = [new HostEndPoint("127.0.0.1", _old.EndPoint.Port)],
            Management = new HostEndPoint("127.0.0.1", 0),
            Node = "edge-test",
            State = _directory["state"],
        };
        return TunnelEdge.TakeOverAsync(options, NullLoggerFactory.Instance, cancellationToken: cancellationToken);
    }

    private async Task BeAskedForTheRegistryAsync()
    {
        await _old.MeetAsync();
        _old.Offer();
        await _old.ExpectAsync(HandoverMessage.Release);
    }

    /// <summary>Nothing of what was given is open any more, and the running process has it as before.</summary>
    private async Task NothingIsLeftAsync()
    {
        Assert.That(Descriptor.Count(_old.Listening), Is.EqualTo(1));
        using var agent = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await agent.ConnectAsync(_old.EndPoint);
        using var accepted = await Eventually.ResultAsync(_old.Listening.AcceptAsync());
        _old.Lock.Dispose();
        Assert.That(() => StateLock.Take(_directory["state"], EdgeStateFiles.Lock).Dispose(), Throws.Nothing);
    }
}
