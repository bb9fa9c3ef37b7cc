using McpTunnel.Cli.Shell;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Cli;

public sealed class BriefTests
{
    [TestCase(null, "-")]
    [TestCase(-3, "0s")]
    [TestCase(59, "59s")]
    [TestCase(60, "1m00s")]
    [TestCase(3599, "59m59s")]
    [TestCase(3600, "1h00m")]
    [TestCase(86399, "23h59m")]
    [TestCase(1047600, "12d03h")]
    public void Age(int? seconds, string text) => Assert.That(Brief.Age(seconds), Is.EqualTo(text));

    [TestCase(0, "0B")]
    [TestCase(999, "999B")]
    [TestCase(1000, "1.0K")]
    [TestCase(10188, "9.9K")]
    [TestCase(10240, "10K")]
    [TestCase(1023 * 1024, "1.0M")]
    [TestCase(3_000_000_000, "2.8G")]
    [TestCase(long.MaxValue, "8.0E")]
    public void Bytes(long count, string text) => Assert.That(Brief.Bytes(count), Is.EqualTo(text));

    [TestCase(null, "-")]
    [TestCase(0.04, "0.0ms")]
    [TestCase(9.94, "9.9ms")]
    [TestCase(51.3, "51ms")]
    public void Milliseconds(double? value, string text) => Assert.That(Brief.Milliseconds(value), Is.EqualTo(text));

    [TestCase(null, null, "-")]
    [TestCase(0.04, 0, "-")]
    [TestCase(0.05, 0, "0.1s")]
    [TestCase(0.0, 1, "0.0s (1)")]
    [TestCase(1.25, 0, "1.3s")]
    [TestCase(200.0, 2, "3m20s (2)")]
    public void Stalls(double? seconds, int? now, string text) => Assert.That(Brief.Stalls(seconds, now), Is.EqualTo(text));
}
