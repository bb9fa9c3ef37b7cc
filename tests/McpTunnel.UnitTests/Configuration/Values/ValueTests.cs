using McpTunnel.Configuration.Rules;
using McpTunnel.Configuration.Values;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Configuration.Values;

public sealed class ValueTests
{
    [TestCase("0s", 0)]
    [TestCase("250ms", 250)]
    [TestCase("30s", 30_000)]
    [TestCase("5m", 300_000)]
    [TestCase("1h30m", 5_400_000)]
    [TestCase("7d", 604_800_000)]
    [TestCase("1d2h3m4s5ms", 93_784_005)]
    public void Duration_reads_and_writes(string text, long milliseconds)
    {
        Assert.Multiple(() =>
        {
            Assert.That(Duration.TryParse(text, out var duration), Is.True);
            Assert.That(duration, Is.EqualTo(TimeSpan.FromMilliseconds(milliseconds)));
            Assert.That(Duration.Format(duration), Is.EqualTo(text));
        });
    }

    [TestCase("")]
    [TestCase("30")]
    [TestCase("s")]
    [TestCase("-1s")]
    [TestCase("+1s")]
    [TestCase("1.5s")]
    [TestCase("1S")]
    [TestCase("30m1h")]
    [TestCase("1s1s")]
    [TestCase("1 s")]
    [TestCase("9999999999999d")]
    [TestCase("99999999999999999999s")]
    [TestCase("10675199d100000h")]
    public void Duration_refuses(string text) => Assert.That(Duration.TryParse(text, out _), Is.False);

    [TestCase("0B", 0)]
    [TestCase("512B", 512)]
    [TestCase("64KiB", 65_536)]
    [TestCase("4MiB", 4_194_304)]
    [TestCase("1GiB", 1_073_741_824)]
    public void ByteSize_reads_and_writes(string text, long bytes)
    {
        Assert.Multiple(() =>
        {
            Assert.That(ByteSize.TryParse(text, out var size), Is.True);
            Assert.That(size.Bytes, Is.EqualTo(bytes));
            Assert.That(size.ToString(), Is.EqualTo(text));
        });
    }

    [TestCase("")]
    [TestCase("4")]
    [TestCase("4MB")]
    [TestCase("4 MiB")]
    [TestCase("-4MiB")]
    [TestCase("4mib")]
    [TestCase("MiB")]
    [TestCase("8589934592GiB")]
    public void ByteSize_refuses(string text) => Assert.That(ByteSize.TryParse(text, out _), Is.False);

    [TestCase("localhost:0", "localhost", 0)]
    [TestCase("127.0.0.1:9464", "127.0.0.1", 9464)]
    [TestCase("[::1]:65535", "::1", 65535)]
    [TestCase("edge.example.com:443", "edge.example.com", 443)]
    public void HostEndPoint_reads_and_writes(string text, string host, int port)
    {
        Assert.Multiple(() =>
        {
            Assert.That(HostEndPoint.TryParse(text, out var endPoint), Is.True);
            Assert.That(endPoint, Is.EqualTo(new HostEndPoint(host, port)));
            Assert.That(endPoint!.ToString(), Is.EqualTo(text));
        });
    }

    [TestCase("")]
    [TestCase(":80")]
    [TestCase("localhost")]
    [TestCase("localhost:")]
    [TestCase("localhost:65536")]
    [TestCase("localhost:-1")]
    [TestCase("::1:80")]
    [TestCase("[::1]")]
    [TestCase("[127.0.0.1]:80")]
    [TestCase("a b:80")]
    [TestCase("http://a:80")]
    public void HostEndPoint_refuses(string text) => Assert.That(HostEndPoint.TryParse(text, out _), Is.False);

    [TestCase("docs", true)]
    [TestCase("a", true)]
    [TestCase("3-d", true)]
    [TestCase("", false)]
    [TestCase("-a", false)]
    [TestCase("a-", false)]
    [TestCase("A", false)]
    [TestCase("a.b", false)]
    [TestCase("a_b", false)]
    public void DnsLabel_judges(string text, bool good) => Assert.That(new DnsLabelAttribute().Fault(text) is null, Is.EqualTo(good));

    [Test]
    public void DnsLabel_at_the_length_limit_is_good_and_one_more_refused()
    {
        var rule = new DnsLabelAttribute();

        Assert.Multiple(() =>
        {
            Assert.That(rule.Fault(new string('a', 63)), Is.Null);
            Assert.That(rule.Fault(new string('a', 64)), Is.Not.Null);
        });
    }

    [TestCase("https://edge.example.com", null)]
    [TestCase("https://edge.example.com:8443/", null)]
    [TestCase("http://edge.example.com", "does not start with https://")]
    [TestCase("https://a:b@edge.example.com", "carries a user name or password")]
    [TestCase("https://edge.example.com/#x", "has a fragment")]
    [TestCase("https://edge.example.com/x", "has a path or query")]
    [TestCase("https://edge.example.com/?x", "has a path or query")]
    public void Url_judges(string url, string? fault) =>
        Assert.That(new UrlAttribute("https") { OriginOnly = true }.Fault(new Uri(url)), Is.EqualTo(fault));
}
