using McpTunnel.Protocol.Control;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Protocol.Control;

public sealed class ControlVersionTests
{
    [TestCase(1, 1, 1, 1, 1)]
    [TestCase(1, 3, 1, 2, 2)]
    [TestCase(1, 2, 1, 3, 2)]
    [TestCase(2, 3, 2, 5, 3)]
    public void TryNegotiate_picks_the_highest_that_both_speak(int clientLow, int clientHigh, int edgeLow, int edgeHigh, int expected)
    {
        var hello = ControlSamples.Hello with { Version = clientHigh, MinVersion = clientLow };

        Assert.That(ControlVersion.TryNegotiate(hello, edgeLow, edgeHigh, out var version), Is.True);
        Assert.That(version, Is.EqualTo(expected));
    }

    [TestCase(2, 3, 1, 1)]
    [TestCase(1, 1, 2, 3)]
    public void TryNegotiate_without_a_common_version_fails(int clientLow, int clientHigh, int edgeLow, int edgeHigh) =>
        Assert.That(ControlVersion.TryNegotiate(ControlSamples.Hello with { Version = clientHigh, MinVersion = clientLow }, edgeLow, edgeHigh, out _), Is.False);
}
