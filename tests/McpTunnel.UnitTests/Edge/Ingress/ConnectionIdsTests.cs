using McpTunnel.Edge.Ingress;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Ingress;

public sealed class ConnectionIdsTests
{
    [Test]
    public void Next_is_unique_sorted_and_fits_the_preamble()
    {
        var ids = Enumerable.Range(0, 10_000).Select(_ => ConnectionIds.Next()).ToList();

        Assert.That(ids.Distinct().Count(), Is.EqualTo(ids.Count));
        Assert.That(ids, Is.Ordered.Using<string>(StringComparer.Ordinal));
        Assert.That(ids[0], Does.Match("^cn_[a-z2-7]{13}$"));
    }
}
