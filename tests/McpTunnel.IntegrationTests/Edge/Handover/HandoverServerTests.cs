using System.Diagnostics.Metrics;
using System.Net.Sockets;
using McpTunnel.Certificates.Files;
using McpTunnel.Edge.Api;
using McpTunnel.Edge.Directory;
using McpTunnel.Edge.Handover;
using McpTunnel.Edge.Ingress;
using McpTunnel.Edge.Telemetry;
using McpTunnel.TestKit;
using McpTunnel.TestKit.WholePath;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace McpTunnel.IntegrationTests.Edge.Handover;

/// <summary>The running process, asked by new ones that hang, say too much or come too late: it goes, or it stays, and both know which.</summary>
[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Platform("Linux")]
public sealed class HandoverServerTests : IAsyncDisposable
{
    private readonly ScratchDirectory _directory = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FakeTimeProvider _time = new();
    private readonly ChangeGate _changes = new();
    private readonly LogRecord _log = new();
    private readonly StateLock _lock;
    private readonly ListenSockets _sockets = new([]);
    private readonly HandoverServer _server;

    public HandoverServerTests()
    {
        _lock = StateLock.Take(_directory.Path, "lock");
        var metrics = new EdgeMetrics(_services.GetRequiredService<IMeterFactory>());
        var links = new LinkDirectory(new DirectoryLimits(10, 10, 10, 10), metrics, NullLogger<LinkDirectory>.Instance);
        _server = new HandoverServer(
            _sockets, new HandoverState(_directory["sock"], _lock), new Neighbour(links, WaitingRoom.For(pending: 10), _time), _changes, _time, _log.Factory.CreateLogger<HandoverServer>());
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _sockets.Dispose();
        _lock.Dispose();
        _log.Dispose();
        await _services.DisposeAsync();
        _directory.Dispose();
    }

    [Test]
    public async Task F13_new_process_that_hangs_with_the_registry_is_not_waited_for_and_cannot_go_on_afterwards()
    {
        Start();
        using var hanging = await BeReleasedAsync();
        _time.Advance(TimeSpan.FromSeconds(90));
        var whileItMayStillCome = CanChange();

        await TakeBackAsync();
        var isReadyHeard = hanging.TrySend(new HandoverMessage(HandoverMessage.Ready));
        var answer = await HearAsync(hanging);
        var end = await HearAsync(hanging);
        using var next = await BeReleasedAsync();
        next.TrySend(new HandoverMessage(HandoverMessage.Ready));
        var left = await HearAsync(next);

        Assert.Multiple(() =>
        {
            Assert.That(whileItMayStillCome, Is.False);
            Assert.That(isReadyHeard, Is.False, "it cannot even say that it is ready");
            Assert.That((answer?.Kind, answer?.Detail), Is.EqualTo((HandoverMessage.Refused, "It waited 120 s for the word 'ready' and keeps its place.")));
            Assert.That(end, Is.Null);
            Assert.That(left?.Kind, Is.EqualTo(HandoverMessage.Left), "another one takes over");
            Assert.That(_log.Contains(" 3068: ") && _log.Contains(" 3061: "));
        });
    }

    [Test]
    public async Task F13_word_that_is_said_while_the_place_is_taken_back_fails_at_the_one_who_says_it()
    {
        Start();
        using var channel = await BeReleasedAsync();
        bool? isHeard = null;
        _log.OnEvent = id => isHeard ??= id == 3068 ? channel.TrySend(new HandoverMessage(HandoverMessage.Ready)) : null;

        await TakeBackAsync();
        var answer = await HearAsync(channel);

        Assert.That((isHeard, answer?.Kind), Is.EqualTo(((bool?)false, HandoverMessage.Refused)));
    }

    [Test]
    public async Task F13_word_that_is_said_in_time_counts_though_the_patience_ends_before_it_is_read()
    {
        Start();
        using var channel = await BeReleasedAsync();

        var isHeard = channel.TrySend(new HandoverMessage(HandoverMessage.Ready));
        _time.Advance(TimeSpan.FromMinutes(2));
        var answer = await HearAsync(channel);

        Assert.That((isHeard, answer?.Kind), Is.EqualTo((true, HandoverMessage.Left)));
        Assert.That(CanChange(), Is.False);
    }

    [Test]
    public async Task F13_new_process_that_hangs_before_it_has_the_registry_does_not_keep_others_from_taking_over()
    {
        Start();
        using var hanging = await BeOfferedAsync();

        await Eventually.ThatAsync(Later(() => _log.Contains(" 3068: ")), "it is not waited for");
        using var next = await BeReleasedAsync();

        Assert.That(hanging.TrySend(new HandoverMessage(HandoverMessage.Release)), Is.False);
        Assert.That((await HearAsync(hanging))?.Kind, Is.EqualTo(HandoverMessage.Refused));
    }

    [Test]
    public async Task Word_that_comes_out_of_turn_is_refused_by_name()
    {
        Start();
        using var channel = await BeOfferedAsync();

        channel.TrySend(new HandoverMessage(HandoverMessage.Ready));
        channel.TrySend(new HandoverMessage(HandoverMessage.Ready));
        var answer = await HearAsync(channel);

        Assert.That((answer?.Kind, answer?.Detail), Is.EqualTo((HandoverMessage.Refused, "It expects the word 'release'.")));
    }

    [Test]
    public async Task F1_failure_to_accept_is_not_the_end_of_taking_over()
    {
        using var listening = HandoverSocket.Listen(_directory["sock"]);
        var failures = 3;
        Start(cancellationToken => failures-- > 0 ? throw new SocketException((int)SocketError.TooManyOpenSockets) : listening.AcceptAsync(cancellationToken));

        await Eventually.ThatAsync(Later(() => Volatile.Read(ref failures) < 0), "it is tried again");
        using var channel = await BeReleasedAsync();

        Assert.That(_log.Lines.Count(line => line.Contains(" 3010: ", StringComparison.Ordinal)), Is.EqualTo(3));
    }

    [Test]
    public async Task F13_process_whose_leaving_fails_in_part_tells_its_successor_and_goes()
    {
        _server.Start(() => throw new AggregateException("a part of it"), (_, _) => { });
        using var channel = await BeReleasedAsync();

        channel.TrySend(new HandoverMessage(HandoverMessage.Ready));
        var answer = await HearAsync(channel);

        Assert.That(answer?.Kind, Is.EqualTo(HandoverMessage.Left));
        Assert.That((await Eventually.ResultAsync(_server.Relieved)).Peer.Process, Is.EqualTo(Environment.ProcessId));
        Assert.That(_log.Contains(" 3069: ") && _log.Contains("a part of it"));
    }

    private void Start() => _server.Start(() => Task.CompletedTask, (_, _) => { });

    private void Start(Func<CancellationToken, ValueTask<Socket>> accept) => _server.Start(accept, () => Task.CompletedTask, (_, _) => { });

    private async Task<HandoverChannel> BeOfferedAsync()
    {
        var channel = new HandoverChannel(await HandoverSocket.ConnectAsync(_directory["sock"], CancellationToken.None), TimeProvider.System);
        channel.TrySend(new HandoverMessage(HandoverMessage.TakeOver) { Version = HandoverServer.Version });
        Assert.That((await HearAsync(channel))?.Kind, Is.EqualTo(HandoverMessage.Offer));
        return channel;
    }

    private async Task<HandoverChannel> BeReleasedAsync()
    {
        var channel = await BeOfferedAsync();
        channel.TrySend(new HandoverMessage(HandoverMessage.Release));
        Assert.That((await HearAsync(channel))?.Kind, Is.EqualTo(HandoverMessage.Released));
        return channel;
    }

    private Task TakeBackAsync() => Eventually.ThatAsync(Later(CanChange), "the registry can be changed again");

    private bool CanChange()
    {
        if (!_changes.TryEnter())
        {
            return false;
        }

        _changes.Leave();
        return true;
    }

    private Func<bool> Later(Func<bool> condition) => () =>
    {
        _time.Advance(TimeSpan.FromSeconds(31));
        return condition();
    };

    private static Task<HandoverMessage?> HearAsync(HandoverChannel channel) => Eventually.ResultAsync(channel.HearAsync(CancellationToken.None));
}
