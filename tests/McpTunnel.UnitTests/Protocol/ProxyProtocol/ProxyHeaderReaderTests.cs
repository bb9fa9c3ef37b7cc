using System.Buffers;
using System.Net;
using McpTunnel.Protocol.ProxyProtocol;
using McpTunnel.TestKit;
using NUnit.Framework;
using static McpTunnel.UnitTests.Protocol.ProxyProtocol.ProxyHeaderSamples;

namespace McpTunnel.UnitTests.Protocol.ProxyProtocol;

public sealed class ProxyHeaderReaderTests
{
    private static readonly byte[] Addresses = [192, 0, 2, 1, 198, 51, 100, 7, 0xDC, 0x04, 0x01, 0xBB];

    private static IEnumerable<TestCaseData> Bad()
    {
        yield return Case("HTTP", ProxyHeaderStatus.NotProxyProtocol, "GET / HTTP/1.1\r\n\r\n"u8.ToArray());
        yield return Case("version 1", ProxyHeaderStatus.NotProxyProtocol, "PROXY TCP4 192.0.2.1 198.51.100.7 1 443\r\n"u8.ToArray());
        yield return Case("version 3", ProxyHeaderStatus.Unsupported, Raw(0x31, 0x11, Addresses));
        yield return Case("command 2", ProxyHeaderStatus.Unsupported, Raw(0x22, 0x11, Addresses));
        yield return Case("UDP", ProxyHeaderStatus.Unsupported, Raw(0x21, 0x12, Addresses));
        yield return Case("UNIX", ProxyHeaderStatus.Unsupported, Raw(0x21, 0x31, new byte[216]));
        yield return Case("TCP4 cut short", ProxyHeaderStatus.Malformed, Raw(0x21, 0x11, Addresses[..11]));
        yield return Case("TCP6 cut short", ProxyHeaderStatus.Malformed, Raw(0x21, 0x21, new byte[35]));
        yield return Case("TLV header cut short", ProxyHeaderStatus.Malformed, Raw(0x21, 0x11, [.. Addresses, 2, 0]));
        yield return Case("TLV value cut short", ProxyHeaderStatus.Malformed, Raw(0x21, 0x11, [.. Addresses, 2, 0, 2, (byte)'a']));
        yield return Case("authority twice", ProxyHeaderStatus.Malformed, Raw(0x21, 0, [.. Tlv(2, "a"u8), .. Tlv(2, "a"u8)]));
        yield return Case("authority empty", ProxyHeaderStatus.Malformed, Raw(0x21, 0, Tlv(2, [])));
        yield return Case("authority with a space", ProxyHeaderStatus.Malformed, Raw(0x21, 0, Tlv(2, "a b"u8)));
        yield return Case("authority with a slash", ProxyHeaderStatus.Malformed, Raw(0x21, 0, Tlv(2, "a/../b"u8)));
        yield return Case("authority too long", ProxyHeaderStatus.Malformed, Raw(0x21, 0, Tlv(2, Enumerable.Repeat((byte)'a', 254).ToArray())));
        yield return Case("unique id empty", ProxyHeaderStatus.Malformed, Raw(0x21, 0, Tlv(5, [])));
        yield return Case("unique id too long", ProxyHeaderStatus.Malformed, Raw(0x21, 0, Tlv(5, Enumerable.Repeat((byte)'a', 129).ToArray())));
        yield return Case("node with a line feed", ProxyHeaderStatus.Malformed, Raw(0x21, 0, Tlv(0xE6, "a\nb"u8)));
        yield return Case("platform that is not UTF-8", ProxyHeaderStatus.Malformed, Raw(0x21, 0, Tlv(0xE7, [0xC3, 0x28])));
        yield return Case("platform with an escape", ProxyHeaderStatus.Malformed, Raw(0x21, 0, Tlv(0xE7, [0x1B, 0x5B])));
        yield return Case("checksum of 3 bytes", ProxyHeaderStatus.Malformed, Raw(0x21, 0, Tlv(3, [1, 2, 3])));
        yield return Case("checksum wrong", ProxyHeaderStatus.ChecksumMismatch, Raw(0x21, 0, Tlv(3, [1, 2, 3, 4])));

        static TestCaseData Case(string name, ProxyHeaderStatus expected, byte[] bytes) => new TestCaseData(bytes, expected).SetArgDisplayNames(name);
    }

    [Test]
    public void TryRead_of_a_header_by_hand_gives_every_field()
    {
        var bytes = Raw(
            0x21,
            0x11,
            [
                .. Addresses,
                .. Tlv(0x01, "h2"u8),
                .. Tlv(0x02, "Docs.Acme.tunnel.example.com"u8),
                .. Tlv(0x04, new byte[7]),
                .. Tlv(0x04, []),
                .. Tlv(0x05, "c-1"u8),
                .. Tlv(0xE6, "edge-1"u8),
                .. Tlv(0xE7, "platform"u8),
                .. Tlv(0xEF, "unknown"u8),
            ]);

        var status = ProxyHeaderReader.TryRead([.. bytes, .. "agent's bytes"u8], out var header, out var length);

        Assert.That(status, Is.EqualTo(ProxyHeaderStatus.Complete));
        Assert.That(length, Is.EqualTo(bytes.Length));
        Assert.That(header, Is.EqualTo(new ProxyHeader
        {
            Source = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 56324),
            Destination = new IPEndPoint(IPAddress.Parse("198.51.100.7"), 443),
            Authority = "docs.acme.tunnel.example.com",
            UniqueId = "c-1",
            EdgeNode = "edge-1",
            AgentPlatform = "platform",
        }));
    }

    [Test]
    public void TryRead_of_a_local_header_ignores_its_addresses()
    {
        var status = ProxyHeaderReader.TryRead(Raw(0x20, 0x11, [.. Addresses, .. Tlv(2, "a.b"u8)]), out var header, out _);

        Assert.That(status, Is.EqualTo(ProxyHeaderStatus.Complete));
        Assert.That(header, Is.EqualTo(new ProxyHeader { IsLocal = true, Authority = "a.b" }));
    }

    [TestCaseSource(nameof(Bad))]
    public void TryRead_of_a_bad_header_says_how(byte[] bytes, ProxyHeaderStatus expected)
    {
        var status = ProxyHeaderReader.TryRead(bytes, out var header, out var length);

        Assert.That(status, Is.EqualTo(expected));
        Assert.That(header, Is.EqualTo(default(ProxyHeader)));
        Assert.That(length, Is.Zero);
    }

    [Test]
    public void TryRead_of_another_signature_says_so_at_the_first_wrong_byte([Range(0, 11)] int at)
    {
        var bytes = Write(Full);
        bytes[at] ^= 1;

        Assert.That(ProxyHeaderReader.TryRead(bytes, out _, out _), Is.EqualTo(ProxyHeaderStatus.NotProxyProtocol));
        Assert.That(ProxyHeaderReader.TryRead(bytes.AsSpan(..(at + 1)), out _, out _), Is.EqualTo(ProxyHeaderStatus.NotProxyProtocol));
    }

    [Test]
    public void TryRead_at_the_longest_header_reads_it_and_one_beyond_is_refused_by_its_length_alone()
    {
        var atLimit = Raw(0x21, 0, Tlv(4, new byte[ProxyHeaderReader.MaxLength - 16 - 3]));
        var beyond = Raw(0x21, 0, Tlv(4, new byte[ProxyHeaderReader.MaxLength - 16 - 3 + 1]));

        Assert.That(ProxyHeaderReader.TryRead(atLimit, out _, out var length), Is.EqualTo(ProxyHeaderStatus.Complete));
        Assert.That(length, Is.EqualTo(ProxyHeaderReader.MaxLength));
        Assert.That(ProxyHeaderReader.TryRead(beyond.AsSpan(..16), out _, out _), Is.EqualTo(ProxyHeaderStatus.TooLong));
        Assert.That(ProxyHeaderReader.TryRead(beyond, out _, out _), Is.EqualTo(ProxyHeaderStatus.TooLong));
    }

    [Test]
    public void TryRead_of_every_beginning_asks_for_more_and_of_every_split_gives_the_same()
    {
        foreach (var sample in All)
        {
            byte[] bytes = [.. Write(sample, checksum: true), .. "rest"u8];
            var whole = bytes.Length - 4;
            for (var at = 0; at < bytes.Length; at++)
            {
                Assert.That(ProxyHeaderReader.TryRead(bytes.AsSpan(..at), out _, out _), Is.EqualTo(at < whole ? ProxyHeaderStatus.NeedMore : ProxyHeaderStatus.Complete));
                var status = ProxyHeaderReader.TryRead(Segments.Sequence([bytes.AsMemory(..at), bytes.AsMemory(at..)]), out var header, out var length);

                Assert.That(status, Is.EqualTo(ProxyHeaderStatus.Complete));
                Assert.That(header, Is.EqualTo(sample));
                Assert.That(length, Is.EqualTo(whole));
            }
        }
    }

    [Test]
    public void TryRead_of_a_flipped_bit_under_a_checksum_never_completes()
    {
        var bytes = Write(Full, checksum: true);
        var checksumType = bytes.Length - 7;
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            if (bit / 8 == checksumType)
            {
                // Without its type the checksum is not one, and the header is allowed to have none.
                continue;
            }

            bytes[bit / 8] ^= (byte)(1 << (bit % 8));

            Assert.That(ProxyHeaderReader.TryRead(bytes, out _, out _), Is.Not.EqualTo(ProxyHeaderStatus.Complete), $"bit {bit}");

            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Test]
    public void Fuzz_mutated_headers_give_the_same_answer_however_they_are_cut_and_never_throw()
    {
        var samples = All.Select(header => Write(header)).ToArray();

        Fuzz.Run(seed: 3, random =>
        {
            var bytes = Fuzz.Mutate(random, samples[random.Next(samples.Length)]);
            var expected = ProxyHeaderReader.TryRead(bytes, out var header, out var length);

            var status = ProxyHeaderReader.TryRead(Segments.Sequence(Fuzz.Chunks(random, bytes)), out var cutHeader, out var cutLength);

            Assert.That((status, cutHeader, cutLength), Is.EqualTo((expected, header, length)));
            Assert.That(length, Is.LessThanOrEqualTo(bytes.Length));
            if (status == ProxyHeaderStatus.Complete)
            {
                Assert.That(ProxyHeaderReader.TryRead(Write(header), out var again, out _), Is.EqualTo(ProxyHeaderStatus.Complete));
                Assert.That(again, Is.EqualTo(header));
            }
        });
    }
}
