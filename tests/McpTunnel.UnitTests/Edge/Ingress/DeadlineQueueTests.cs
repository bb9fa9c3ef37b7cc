using McpTunnel.Edge.Ingress.Admission;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Ingress;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class DeadlineQueueTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _expired = [];

    [Test]
    public void Sweep_just_before_the_deadline_expires_nothing_and_at_it_does()
    {
        var queue = new DeadlineQueue(Timeout, _time);
        queue.Add(Entry("a"));

        _time.Advance(Timeout - TimeSpan.FromMilliseconds(1));
        queue.Sweep();
        Assert.That(_expired, Is.Empty);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        queue.Sweep();
        Assert.That(_expired, Is.EqualTo(new[] { "a" }));
    }

    [Test]
    public void Sweep_expires_in_the_order_of_arrival_and_only_what_is_due()
    {
        var queue = new DeadlineQueue(Timeout, _time);
        foreach (var name in new[] { "a", "b", "c" })
        {
            queue.Add(Entry(name));
            _time.Advance(TimeSpan.FromSeconds(4));
        }

        queue.Sweep();
        Assert.That(_expired, Is.EqualTo(new[] { "a" }));

        _time.Advance(TimeSpan.FromSeconds(6));
        queue.Sweep();
        Assert.That(_expired, Is.EqualTo(new[] { "a", "b", "c" }));
    }

    [Test]
    public void Remove_expires_no_more_and_tells_who_was_first()
    {
        var queue = new DeadlineQueue(Timeout, _time);
        var (first, middle, last) = (Entry("first"), Entry("middle"), Entry("last"));
        queue.Add(first);
        queue.Add(middle);
        queue.Add(last);

        Assert.That(queue.Remove(middle), Is.True);
        Assert.That(queue.Remove(middle), Is.False);
        _time.Advance(Timeout);
        queue.Sweep();

        Assert.That(_expired, Is.EqualTo(new[] { "first", "last" }));
        Assert.That(queue.Remove(first), Is.False);
    }

    [Test]
    public void Add_after_removal_counts_from_the_second_time()
    {
        var queue = new DeadlineQueue(Timeout, _time);
        var entry = Entry("a");
        queue.Add(entry);
        queue.Remove(entry);
        _time.Advance(TimeSpan.FromSeconds(9));
        queue.Add(entry);
        _time.Advance(TimeSpan.FromSeconds(9));
        queue.Sweep();

        Assert.That(_expired, Is.Empty);
    }

    private RecordingEntry Entry(string name) => new(name, _expired);

    private sealed class RecordingEntry(string name, List<string> expired) : DeadlineEntry
    {
        protected internal override void OnDeadline() => expired.Add(name);
    }
}
