using McpTunnel.Edge.Ingress;
using McpTunnel.Edge.Ingress.Admission;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Ingress;

public sealed class HelloBufferTests
{
    private const int Limit = 16 * 1024;

    [Test]
    public void Free_grows_up_to_the_limit_of_one_connection_and_keeps_what_came()
    {
        using var buffer = new HelloBuffer(Admission(memory: Limit));
        var sent = 0;
        while (buffer.TryGrow() && !buffer.Free.IsEmpty)
        {
            buffer.Free.Span[0] = (byte)sent++;
            buffer.Advance(1);
        }

        Assert.That(buffer.Length, Is.EqualTo(Limit));
        Assert.That(buffer.Received.ToArray(), Is.EqualTo(Enumerable.Range(0, Limit).Select(i => (byte)i)));
    }

    [Test]
    public void Free_before_there_is_a_byte_to_read_holds_nothing()
    {
        using var buffer = new HelloBuffer(Admission(memory: Limit));

        Assert.That(buffer.Free.Length, Is.Zero);
        Assert.That(buffer.Received.Length, Is.Zero);
        Assert.That(buffer.TryGrow(), Is.True);
        Assert.That(buffer.Free.Length, Is.EqualTo(4096));
    }

    [Test]
    public void Scratch_of_one_that_never_sent_a_byte_is_still_a_block() =>
        Assert.That(new HelloBuffer(Admission(memory: Limit)).Scratch.Length, Is.GreaterThanOrEqualTo(4096));

    [Test]
    public void Free_of_a_limit_below_the_first_block_is_that_limit()
    {
        using var buffer = new HelloBuffer(Admission(memory: Limit, limit: 1024));
        buffer.TryGrow();

        Assert.That(buffer.Free.Length, Is.EqualTo(1024));
    }

    [Test]
    public void TryGrow_over_the_shared_quota_is_refused_and_disposal_returns_what_was_taken()
    {
        var admission = Admission(memory: 4096);
        var first = new HelloBuffer(admission);
        var second = new HelloBuffer(admission);
        first.TryGrow();
        second.TryGrow();
        first.Advance(4096);
        second.Advance(4096);

        Assert.That(first.TryGrow(), Is.True);
        Assert.That(second.TryGrow(), Is.False);
        first.Dispose();
        Assert.That(second.TryGrow(), Is.True);
        second.Dispose();
        Assert.That(admission.HelloMemory.Used, Is.Zero);
    }

    private static AdmissionControl Admission(long memory, int limit = Limit) =>
        new(new AdmissionLimits(10, limit, memory, TimeSpan.FromSeconds(1), new SourceLimits(1, 1, 1, 1, 1, 1), NetworkShare: 1), new FakeTimeProvider());
}
