using System.Net;
using McpTunnel.Protocol.ProxyProtocol;
using NUnit.Framework;
using static McpTunnel.UnitTests.Protocol.ProxyProtocol.ProxyHeaderSamples;

namespace McpTunnel.UnitTests.Protocol.ProxyProtocol;

public sealed class ProxyHeaderWriterTests
{
    [TestCaseSource(typeof(ProxyHeaderSamples), nameof(All))]
    public void Write_gives_what_the_reader_reads(ProxyHeader header)
    {
        foreach (var checksum in new[] { false, true })
        {
            var bytes = Write(header, checksum);

            Assert.That(ProxyHeaderReader.TryRead(bytes, out var read, out var length), Is.EqualTo(ProxyHeaderStatus.Complete));
            Assert.That(read, Is.EqualTo(header));
            Assert.That(length, Is.EqualTo(bytes.Length));
        }
    }

    [Test]
    public void Write_gives_the_bytes_of_the_specification()
    {
        var header = new ProxyHeader
        {
            Source = IPEndPoint.Parse("192.0.2.1:56324"),
            Destination = IPEndPoint.Parse("198.51.100.7:443"),
            Authority = "a.b",
        };

        Assert.That(Write(header), Is.EqualTo(Raw(0x21, 0x11, [192, 0, 2, 1, 198, 51, 100, 7, 0xDC, 0x04, 0x01, 0xBB, 0x02, 0x00, 0x03, (byte)'a', (byte)'.', (byte)'b'])));
    }

    [Test]
    public void Checksum_of_the_check_string_is_the_published_one() =>
        Assert.That(ProxyWire.Checksum("123456789"u8), Is.EqualTo(0xE3069283));

    [TestCase("[::ffff:192.0.2.1]:5", "[::ffff:198.51.100.7]:443", "192.0.2.1:5", "198.51.100.7:443")]
    [TestCase("192.0.2.1:5", "[::ffff:198.51.100.7]:443", "192.0.2.1:5", "198.51.100.7:443")]
    [TestCase("192.0.2.1:5", "[2001:db8::2]:443", "[::ffff:192.0.2.1]:5", "[2001:db8::2]:443")]
    [TestCase("[2001:db8::2]:5", "192.0.2.1:443", "[2001:db8::2]:5", "[::ffff:192.0.2.1]:443")]
    [TestCase("192.0.2.1:5", null, "192.0.2.1:5", "0.0.0.0:0")]
    public void Write_of_mapped_and_mixed_addresses_keeps_them(string source, string? destination, string readSource, string readDestination)
    {
        var header = new ProxyHeader { Source = IPEndPoint.Parse(source), Destination = destination is null ? null : IPEndPoint.Parse(destination) };

        ProxyHeaderReader.TryRead(Write(header), out var read, out _);

        Assert.That(read.Source, Is.EqualTo(IPEndPoint.Parse(readSource)));
        Assert.That(read.Destination, Is.EqualTo(IPEndPoint.Parse(readDestination)));
    }

    [Test]
    public void Write_at_every_limit_fits_MaxLength_exactly_and_one_beyond_is_refused()
    {
        var longest = new ProxyHeader
        {
            Source = IPEndPoint.Parse("[2001:db8::1]:1"),
            Destination = IPEndPoint.Parse("[2001:db8::2]:2"),
            Authority = string.Concat(Enumerable.Repeat("aa.", 85))[..253],
            UniqueId = new string('u', 128),
            EdgeNode = new string('n', 128),
            AgentPlatform = new string('p', 1024),
        };

        Assert.That(Write(longest, checksum: true), Has.Length.EqualTo(ProxyHeaderWriter.MaxLength));
        Assert.That(ProxyHeaderWriter.MaxLength, Is.LessThanOrEqualTo(ProxyHeaderReader.MaxLength));
        foreach (var beyond in new[]
        {
            longest with { Authority = string.Concat(Enumerable.Repeat("aa.", 85))[..254] },
            longest with { UniqueId = new string('u', 129) },
            longest with { EdgeNode = new string('n', 129) },
            longest with { AgentPlatform = new string('p', 1025) },
            longest with { Authority = "" },
            longest with { UniqueId = "a b" },
            longest with { EdgeNode = "a\r\nb" },
            longest with { AgentPlatform = "\0" },
        })
        {
            Assert.That(() => ProxyHeaderWriter.Write(beyond, new byte[65536]), Throws.ArgumentException);
        }
    }

    [Test]
    public void Write_into_a_destination_that_is_too_short_is_an_argument_error()
    {
        var length = Write(Full, checksum: true).Length;
        for (var shorter = 0; shorter < length; shorter++)
        {
            Assert.That(() => ProxyHeaderWriter.Write(Full, new byte[shorter], checksum: true), Throws.InstanceOf<ArgumentException>(), $"{shorter} bytes");
        }

        Assert.That(ProxyHeaderWriter.Write(Full, new byte[length], checksum: true), Is.EqualTo(length));
    }

    [Test]
    public void Write_allocates_nothing()
    {
        var header = Full with { Source = IPEndPoint.Parse("[::ffff:192.0.2.1]:5") };
        Span<byte> destination = stackalloc byte[ProxyHeaderWriter.MaxLength];
        ProxyHeaderWriter.Write(header, destination);
        var before = GC.GetAllocatedBytesForCurrentThread();

        ProxyHeaderWriter.Write(header, destination);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }
}
