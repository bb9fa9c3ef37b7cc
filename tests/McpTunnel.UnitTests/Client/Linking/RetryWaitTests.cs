using McpTunnel.Client.Linking;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Linking;

[CancelAfter(30_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class RetryWaitTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();

    [Test]
    public async Task Wait_for_an_edge_that_was_away_ends_soon_after_it_is_found()
    {
        var wait = new RetryWait(Minute, isForEdge: true, _time);
        var running = wait.RunAsync(CancellationToken.None);

        var cut = (wait.CutShort(Second), wait.CutShort(Second));
        while (!running.IsCompleted)
        {
            await Task.Delay(1);
            _time.Advance(TimeSpan.FromMilliseconds(10));
            Assert.That(_time.GetUtcNow() - _time.Start, Is.LessThan(Minute), "the whole wait has passed");
        }

        Assert.That(cut, Is.EqualTo((true, false)), "once");
    }

    [Test]
    public async Task F26_wait_that_the_edge_asked_for_is_kept()
    {
        var wait = new RetryWait(Minute, isForEdge: false, _time);
        var running = wait.RunAsync(CancellationToken.None);

        var cut = wait.CutShort(Second);
        _time.Advance(Minute - Second);
        var early = running.IsCompleted;
        _time.Advance(Second);
        await running;

        Assert.That((cut, early), Is.EqualTo((false, false)));
    }

    [Test]
    public void Wait_that_is_nearly_over_is_not_made_longer()
    {
        var wait = new RetryWait(Minute, isForEdge: true, _time);
        _time.Advance(Minute - Second);

        Assert.That(wait.CutShort(Second), Is.False);
    }
}
