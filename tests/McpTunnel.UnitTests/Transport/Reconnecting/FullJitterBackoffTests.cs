using McpTunnel.Transport.Reconnecting;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport.Reconnecting;

public sealed class FullJitterBackoffTests
{
    [Test]
    public void Ceilings_double_from_the_first_to_the_cap_and_stay_there()
    {
        var backoff = New(random: 1);

        Assert.That(Take(backoff, 8), Is.EqualTo(new double[] { 1, 2, 4, 8, 16, 32, 60, 60 }));
    }

    [Test]
    public void F26_waits_are_drawn_from_the_whole_range_below_the_ceiling()
    {
        Assert.That(Take(New(random: 0), 3), Is.EqualTo(new double[] { 0, 0, 0 }));
        Assert.That(Take(New(random: 0.25), 3), Is.EqualTo(new[] { 0.25, 0.5, 1 }));
    }

    [Test]
    public void Reset_starts_over()
    {
        var backoff = New(random: 1);
        Take(backoff, 7);

        backoff.Reset();

        Assert.That(Take(backoff, 2), Is.EqualTo(new double[] { 1, 2 }));
    }

    private static FullJitterBackoff New(double random) => new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60), () => random);

    private static double[] Take(FullJitterBackoff backoff, int count) => [.. Enumerable.Range(0, count).Select(_ => backoff.Next().TotalSeconds)];
}
