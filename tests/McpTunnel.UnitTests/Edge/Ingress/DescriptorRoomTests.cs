using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Ingress.Admission;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Ingress;

public sealed class DescriptorRoomTests
{
    private static readonly EdgeLimitOptions Limits = new();

    [TestCase(100, 50)]
    [TestCase(256, 128)]
    [TestCase(1_024, 896)]
    [TestCase(4_096, 3_840)]
    [TestCase(65_536, 64_512)]
    public void ForConnections_leaves_a_reserve(long files, long expected) =>
        Assert.That(new DescriptorRoom(files).ForConnections, Is.EqualTo(expected));

    [TestCase(null)]
    [TestCase(65_536L)]
    [TestCase(long.MaxValue)]
    public void Cut_where_there_is_enough_changes_nothing(long? files) =>
        Assert.That(new DescriptorRoom(files).Cut(Limits), Is.EqualTo(Limits));

    [Test]
    public void Cut_where_there_is_too_little_leaves_nobody_without_credentials_everything()
    {
        var cut = new DescriptorRoom(1_024).Cut(Limits);

        Assert.That(cut, Is.EqualTo(Limits with { PendingConnections = 288, StreamsPerSource = 288, OwnNameConnections = Limits.Links + 144 }));
    }

    [Test]
    public void Cut_leaves_one_of_each_where_there_is_nothing_at_all() =>
        Assert.That(new DescriptorRoom(2).Cut(Limits).PendingConnections, Is.EqualTo(1));

    [Test]
    public void Cut_keeps_a_limit_that_is_lower_already()
    {
        var low = Limits with { PendingConnections = 3, StreamsPerSource = 4, Links = 5, OwnNameConnections = 10 };

        Assert.That(new DescriptorRoom(1_024).Cut(low), Is.EqualTo(low));
    }

    [Test]
    [Platform("Linux")]
    public void OfProcess_knows_the_limit() => Assert.That(DescriptorRoom.OfProcess(), Is.EqualTo(new DescriptorRoom(null)).Or.Property("Files").GreaterThan(100));
}
