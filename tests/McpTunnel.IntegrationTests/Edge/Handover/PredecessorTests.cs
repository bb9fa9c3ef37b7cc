using System.Diagnostics.Metrics;
using System.Net.Sockets;
using System.Runtime.Versioning;
using McpTunnel.Edge;
using McpTunnel.Edge.Directory;
using McpTunnel.Edge.Handover;
using McpTunnel.Edge.Telemetry;
using McpTunnel.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace McpTunnel.IntegrationTests.Edge.Handover;

/// <summary>The new process, and a running one that is slow, refuses, or offers nonsense.</summary>
[CancelAfter(60_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[SupportedOSPlatform("linux")] // counts in /proc
[Platform("Linux")]
public sealed class PredecessorTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FakeTimeProvider _time = new();
    private readonly Neighbour _neighbour;
    private readonly PlayedPredecessor _old;
    private readonly TaskCompletionSource _connection = new();

    public PredecessorTests()
    {
        var metrics = new EdgeMetrics(_services.GetRequiredService<IMeterFactory>());
        _neighbour = new Neighbour(new LinkDirectory(new DirectoryLimits(10, 10, 10, 10), metrics, NullLogger<LinkDirectory>.Instance), WaitingRoom.For(pending: 10), _time);
        _old = new PlayedPredecessor(_directory.Path);
    }

    public void Dispose()
    {
        _old.Dispose();
        _services.Dispose();
        _directory.Dispose();
    }

    [Test]
    public async Task F13_word_that_it_has_left_may_come_late_and_the_new_process_serves_meanwhile()
    {
        using var predecessor = await MeetAsync();
        var relieving = RelieveAsync(predecessor);
        await _old.ExpectAsync(HandoverMessage.Ready);
        await PassAsync(relieving);
        var servesBefore = _neighbour.IsKnown;

        _old.Say(HandoverMessage.Left);
        _old.Channel.TrySend(new HandoverMessage(HandoverMessage.Connection), _old.Listening.SafeHandle);
        _old.Say(HandoverMessage.UdpFree);
        await Eventually.EndAsync(predecessor.UdpFree);

        Assert.That(servesBefore);
        Assert.That(_connection.Task.IsCompletedSuccessfully, "what came after the word is taken");
    }

    [Test]
    public async Task F13_running_process_that_keeps_its_place_after_the_word_ready_is_not_replaced()
    {
        using var predecessor = await MeetAsync();
        var relieving = RelieveAsync(predecessor);
        await _old.ExpectAsync(HandoverMessage.Ready);
        _old.Channel.TrySend(new HandoverMessage(HandoverMessage.Refused) { Detail = "Too late." });

        Assert.That(async () => await Eventually.ResultAsync(relieving), Throws.InstanceOf<EdgeStartException>().With.Message.Contains("Too late."));
        Assert.That(_neighbour.IsKnown, Is.False);
    }

    [Test]
    public async Task F13_running_process_that_does_not_hear_the_word_ready_and_lives_is_not_replaced()
    {
        using var predecessor = await MeetAsync();
        _old.Channel.StopReceiving();
        var relieving = RelieveAsync(predecessor);

        // It may have stopped right between taking its place back and saying so.
        await PassAsync(relieving);

        Assert.That(async () => await relieving, Throws.InstanceOf<EdgeStartException>().With.Message.Contains("does not answer"));
        Assert.That(_neighbour.IsKnown, Is.False);
    }

    [Test]
    public async Task F13_running_process_that_is_dead_is_replaced()
    {
        using var predecessor = await MeetAsync();
        _old.Channel.Dispose();

        await Eventually.EndAsync(RelieveAsync(predecessor));

        Assert.That(_neighbour.IsKnown);
        await Eventually.EndAsync(predecessor.Ended);
    }

    /// <summary>As when two processes ask for the same place, and one has got it: the other's question ends with the socket that it waited at.</summary>
    [TestCase(true, "Try again")]
    [TestCase(false, "Start without --take-over")]
    public async Task F13_process_whose_question_ends_unanswered_hears_whether_an_edge_runs(bool runs, string remedy)
    {
        var meeting = Predecessor.MeetAsync(_directory.Path, _time, NullLogger.Instance, CancellationToken.None);
        await _old.MeetAsync();
        if (!runs)
        {
            _old.Lock.Dispose();
        }

        _old.Channel.Dispose();

        Assert.That(async () => await Eventually.ResultAsync(meeting), Throws.InstanceOf<EdgeStartException>().With.Message.Contains(remedy));
    }

    [TestCase(1)]
    [TestCase(3)]
    public async Task F1_offer_with_more_or_fewer_descriptors_than_names_leaves_none_open(int names)
    {
        var meeting = Predecessor.MeetAsync(_directory.Path, _time, NullLogger.Instance, CancellationToken.None);
        await _old.MeetAsync();
        _old.Channel.TrySend(
            new HandoverMessage(HandoverMessage.Offer) { Names = [.. Enumerable.Range(0, names).Select(i => $"{i}")] }, _old.Lock.Handle, _old.Listening.SafeHandle, _old.Listening.SafeHandle);

        await IsRefusedAsync(meeting);
    }

    [Test]
    public async Task F1_offer_with_a_descriptor_that_is_no_socket_leaves_none_open()
    {
        var meeting = Predecessor.MeetAsync(_directory.Path, _time, NullLogger.Instance, CancellationToken.None);
        await _old.MeetAsync();
        _old.Channel.TrySend(
            new HandoverMessage(HandoverMessage.Offer) { Names = ["one", "two", "three"] }, _old.Lock.Handle, _old.Listening.SafeHandle, _old.Lock.Handle, _old.Listening.SafeHandle);

        await IsRefusedAsync(meeting);
    }

    private async Task IsRefusedAsync(Task<Predecessor> meeting)
    {
        Assert.That(async () => await Eventually.ResultAsync(meeting), Throws.InstanceOf<EdgeStartException>().With.Message.Contains("does not understand"));
        Assert.That(Descriptor.Count(_old.Listening), Is.EqualTo(1));

        // Closed and nothing else: the running process still has both.
        using var agent = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await agent.ConnectAsync(_old.EndPoint);
        using var accepted = await Eventually.ResultAsync(_old.Listening.AcceptAsync());
    }

    private async Task<Predecessor> MeetAsync()
    {
        var meeting = Predecessor.MeetAsync(_directory.Path, _time, NullLogger.Instance, CancellationToken.None);
        await _old.MeetAsync();
        _old.Offer();
        return await Eventually.ResultAsync(meeting);
    }

    private async Task<bool> RelieveAsync(Predecessor predecessor)
    {
        await predecessor.RelieveAsync(_neighbour, (descriptor, _) =>
        {
            descriptor.Dispose();
            _connection.SetResult();
        });
        return true;
    }

    private Task PassAsync(Task waiting) => Eventually.ThatAsync(
        () =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return waiting.IsCompleted;
        },
        "the new process waits no longer");
}
