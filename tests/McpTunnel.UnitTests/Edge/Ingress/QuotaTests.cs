using McpTunnel.Edge.Ingress.Admission;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Ingress;

public sealed class QuotaTests
{
    [Test]
    public void TryTake_exactly_the_limit_and_not_one_more()
    {
        var quota = new Quota(10);

        Assert.That(quota.TryTake(10), Is.True);
        Assert.That(quota.TryTake(1), Is.False);
        Assert.That(quota.Used, Is.EqualTo(10));
    }

    [Test]
    public void Return_makes_room()
    {
        var quota = new Quota(10);
        quota.TryTake(10);
        quota.Return(4);

        Assert.That(quota.TryTake(5), Is.False);
        Assert.That(quota.TryTake(4), Is.True);
    }

    [Test]
    public void TryTake_from_many_threads_never_passes_the_limit()
    {
        var quota = new Quota(100);
        var taken = 0;
        Parallel.For(0, 1000, _ => Interlocked.Add(ref taken, quota.TryTake(1) ? 1 : 0));

        Assert.That(taken, Is.LessThanOrEqualTo(100));
        Assert.That(quota.Used, Is.EqualTo(taken));
    }
}
