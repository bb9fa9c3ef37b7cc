using McpTunnel.TestKit;
using McpTunnel.TestKit.WholePath;
using McpTunnel.Transport.Quic;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport.Quic;

[Platform("Linux")]
public sealed class UdpBuffersTests
{
    [TestCase("212992\n", true)]
    [TestCase("2097151\n", true)]
    [TestCase("2097152\n", false)]
    [TestCase("not a number\n", false)]
    public void F9_small_udp_buffers_are_a_warning_that_says_what_to_set(string limit, bool warns)
    {
        using var directory = new ScratchDirectory();
        using var log = new LogRecord();

        UdpBuffers.WarnIfSmall(directory.Write("rmem_max", limit), log.Factory.CreateLogger("test"));

        Assert.That(log.Lines, Has.Exactly(warns ? 1 : 0).Contains("sysctl -w net.core.rmem_max=7500000"));
    }

    [Test]
    public void F9_limit_that_is_hidden_is_no_warning()
    {
        using var log = new LogRecord();

        UdpBuffers.WarnIfSmall("/proc/nowhere", log.Factory.CreateLogger("test"));

        Assert.That(log.Lines, Is.Empty);
    }
}
