using McpTunnel.Edge.Telemetry;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Telemetry;

/// <summary>What a client says of itself becomes a label only within bounds that no client can move.</summary>
public sealed class ClientVersionsTests
{
    [Test]
    public void Versions_of_the_product_are_named_and_stay_with_zero_once_nobody_has_them()
    {
        var versions = new ClientVersions();
        versions.Count(["mcptunnel/1.2.3", "mcptunnel/1.2.3", "mcptunnel/1.3.0"]);

        var counts = versions.Count(["mcptunnel/1.3.0"]);

        Assert.That(counts, Is.EquivalentTo(new Dictionary<string, long> { ["mcptunnel/1.2.3"] = 0, ["mcptunnel/1.3.0"] = 1, ["other"] = 0 }));
    }

    [TestCase("test/1")]
    [TestCase("")]
    [TestCase("mcptunnel/1.2")]
    [TestCase("mcptunnel/1.2.3-beta")]
    [TestCase("mcptunnel/1.2.3\n")]
    [TestCase("mcptunnel/1.2.1000")]
    [TestCase("mcptunnel/1.2.\u0663")]
    [TestCase("mcptunnel/1.2.3\",job=\"x")]
    public void Anything_else_is_other(string software) =>
        Assert.That(new ClientVersions().Count([software]), Is.EquivalentTo(new Dictionary<string, long> { ["other"] = 1 }));

    [Test]
    public void Made_up_versions_beyond_the_limit_are_other_and_what_was_named_goes_on()
    {
        var versions = new ClientVersions();
        versions.Count(["mcptunnel/1.0.0"]);
        for (var patch = 0; patch < 100; patch++)
        {
            versions.Count([$"mcptunnel/9.9.{patch}"]);
        }

        var counts = versions.Count(["mcptunnel/1.0.0", "mcptunnel/9.9.99"]);

        Assert.That(counts, Has.Count.EqualTo(ClientVersions.MaxNames + 1));
        Assert.That((counts["mcptunnel/1.0.0"], counts["other"]), Is.EqualTo((1L, 1L)));
    }
}
