using System.Net.Security;
using McpTunnel.Protocol.ClientHello;
using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Protocol.ClientHello;

public sealed class ClientHelloReaderTests
{
    private const string Name = "docs.acme.tunnel.example.com";

    private static IEnumerable<TestCaseData> Refused()
    {
        static ClientHelloBuilder Hello() => ClientHelloBuilder.For(Name);

        yield return Case("plain HTTP", ClientHelloStatus.NotTls, "GET / HTTP/1.1\r\n"u8.ToArray());
        yield return Case("SSH", ClientHelloStatus.NotTls, "SSH-2.0-OpenSSH_9.2\r\n"u8.ToArray());
        yield return Case("SSLv2-style hello", ClientHelloStatus.NotTls, [0x80, 0x2E, 1, 3, 1, 0, 0x15]);
        yield return Case("one wrong byte", ClientHelloStatus.NotTls, [(byte)'G']);
        yield return Case("major version 2", ClientHelloStatus.NotTls, [22, 2]);
        yield return Case("alert", ClientHelloStatus.Malformed, [21, 3, 3, 0, 2, 2, 40]);
        yield return Case("application data", ClientHelloStatus.Malformed, [23, 3, 3, 0, 2, 2, 40]);
        yield return Case("empty record", ClientHelloStatus.Malformed, [22, 3, 1, 0, 0]);
        yield return Case("record of 2^14 + 1", ClientHelloStatus.Malformed, [22, 3, 1, 0x40, 1]);
        yield return Case("ServerHello", ClientHelloStatus.Malformed, ClientHelloBuilder.Record([2, 0, 0, 1, 0]));
        yield return Case("alert between fragments", ClientHelloStatus.Malformed, [.. Hello().Records(100)[..105], 21, 3, 3, 0, 2, 1, 0]);
        yield return Case("HTTP between fragments", ClientHelloStatus.Malformed, [.. Hello().Records(100)[..105], (byte)'G']);
        yield return Case("no extensions", ClientHelloStatus.NoServerName, new ClientHelloBuilder { HasExtensions = false }.Records());
        yield return Case("no server name", ClientHelloStatus.NoServerName, new ClientHelloBuilder().Protocols("h2").Records());
        yield return Case("only an unknown type of name", ClientHelloStatus.NoServerName, new ClientHelloBuilder().ServerNames((7, [0xFF])).Records());
        yield return Case("two server names", ClientHelloStatus.Malformed, new ClientHelloBuilder().ServerNames((0, "a.b"u8.ToArray()), (0, "a.c"u8.ToArray())).Records());
        yield return Case("server_name twice", ClientHelloStatus.Malformed, Hello().ServerName("other.example.com").Records());
        yield return Case("unknown extension twice", ClientHelloStatus.Malformed, Hello().Extension(0x1234).Extension(0x1234).Records());
        yield return Case("server_name empty", ClientHelloStatus.Malformed, new ClientHelloBuilder().Extension(0).Records());
        yield return Case("list of names empty", ClientHelloStatus.Malformed, new ClientHelloBuilder().Extension(0, 0, 0).Records());
        yield return Case("list of names cut short", ClientHelloStatus.Malformed, new ClientHelloBuilder().Extension(0, 0, 5, 0, 0, 3, 97).Records());
        yield return Case("bytes behind the list of names", ClientHelloStatus.Malformed, new ClientHelloBuilder().Extension(0, 0, 4, 0, 0, 1, 97, 9).Records());
        yield return Case("ALPN empty", ClientHelloStatus.Malformed, new ClientHelloBuilder().Extension(16, 0, 0).Records());
        yield return Case("ALPN with an empty name", ClientHelloStatus.Malformed, new ClientHelloBuilder().Protocols("h2", "").Records());
        yield return Case("bytes behind the extensions", ClientHelloStatus.Malformed, Body([.. Hello().Message()[4..], 0]));
        yield return Case("extensions cut short", ClientHelloStatus.Malformed, Body(Hello().Message()[4..^1]));
        yield return Case("body empty", ClientHelloStatus.Malformed, Body([]));
        yield return Case("session id of 33", ClientHelloStatus.Malformed, new ClientHelloBuilder { Front = [3, 3, .. new byte[32], 33, .. new byte[33], 0, 2, 0x13, 1, 1, 0] }.Records());
        yield return Case("no cipher suites", ClientHelloStatus.Malformed, new ClientHelloBuilder { Front = [3, 3, .. new byte[32], 0, 0, 0, 1, 0] }.Records());
        yield return Case("odd cipher suites", ClientHelloStatus.Malformed, new ClientHelloBuilder { Front = [3, 3, .. new byte[32], 0, 0, 3, 1, 2, 3, 1, 0] }.Records());
        yield return Case("no compression methods", ClientHelloStatus.Malformed, new ClientHelloBuilder { Front = [3, 3, .. new byte[32], 0, 0, 2, 0x13, 1, 0] }.Records());

        static byte[] Body(byte[] body) => ClientHelloBuilder.Record([1, 0, (byte)(body.Length >> 8), (byte)body.Length, .. body]);
        static TestCaseData Case(string name, ClientHelloStatus expected, byte[] bytes) => new TestCaseData(bytes, expected).SetArgDisplayNames(name);
    }

    [Test]
    public void TryRead_of_a_whole_hello_gives_name_and_protocols()
    {
        var hello = new ClientHelloBuilder().Extension(0x2A2A).ServerName("Docs.ACME.tunnel.example.com").Protocols("\x5A\x5A", "h2", "http/1.1", "acme-tls/1").Extension(0xFAFA, 0);

        Assert.That(Read(hello.Records(), out var info), Is.EqualTo(ClientHelloStatus.Complete));
        Assert.That(info!.ServerName, Is.EqualTo(Name));
        Assert.That(info.ApplicationProtocols, Is.EqualTo(new[] { "h2", "http/1.1", "acme-tls/1" }));
    }

    [Test]
    public void TryRead_ignores_what_follows_the_hello()
    {
        byte[] bytes = [.. ClientHelloBuilder.For(Name).Records(), 20, 3, 3, 0, 1, 1, 23, 3, 3, 0, 4, 1, 2, 3, 4];

        Assert.That(Read(bytes, out _), Is.EqualTo(ClientHelloStatus.Complete));
    }

    [Test]
    public async Task TryRead_understands_the_platform_s_own_client()
    {
        var sent = new MemoryStream();
        await using var tls = new SslStream(sent);
        var options = new SslClientAuthenticationOptions { TargetHost = Name, ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11] };
        Assert.That(() => tls.AuthenticateAsClientAsync(options), Throws.InstanceOf<IOException>());

        Assert.That(Read(sent.ToArray(), out var info), Is.EqualTo(ClientHelloStatus.Complete));
        Assert.That(info!.ServerName, Is.EqualTo(Name));
        Assert.That(info.ApplicationProtocols, Is.EqualTo(new[] { "h2", "http/1.1" }));
    }

    [TestCaseSource(nameof(Refused))]
    public void TryRead_of_a_bad_beginning_says_how_whole_or_byte_by_byte(byte[] bytes, ClientHelloStatus expected)
    {
        Assert.That(Read(bytes, out var info), Is.EqualTo(expected));
        Assert.That(info?.ServerName, Is.Null);
        Assert.That(ReadByteByByte(bytes, out _), Is.EqualTo(expected));
        Assert.That(expected.ToCode(), Is.Not.Null);
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(7)]
    [TestCase(100)]
    [TestCase(16 * 1024)]
    public void TryRead_gives_the_same_at_every_split_point_of_every_split_into_records(int fragment)
    {
        var bytes = ClientHelloBuilder.For(Name).Records(fragment);
        for (var split = 0; split < bytes.Length; split++)
        {
            var reader = new ClientHelloReader();

            Assert.That(reader.TryRead(bytes.AsSpan(..split), out _), Is.EqualTo(ClientHelloStatus.NeedMore), $"split at {split}");
            Assert.That(reader.TryRead(bytes, out var info), Is.EqualTo(ClientHelloStatus.Complete), $"split at {split}");
            Assert.That(info!.ServerName, Is.EqualTo(Name));
        }

        Assert.That(ReadByteByByte(bytes, out _), Is.EqualTo(ClientHelloStatus.Complete));
    }

    [Test]
    public void TryRead_of_a_message_at_the_limit_reads_it_and_one_byte_beyond_is_too_large()
    {
        var atLimit = ClientHelloBuilder.For(Name).PadTo(ClientHelloReader.MaxMessageLength).Records();
        var beyond = ClientHelloBuilder.For(Name).PadTo(ClientHelloReader.MaxMessageLength + 1).Records();

        Assert.That(Read(atLimit, out var info), Is.EqualTo(ClientHelloStatus.Complete));
        Assert.That(info!.ServerName, Is.EqualTo(Name));
        Assert.That(ReadByteByByte(atLimit, out _), Is.EqualTo(ClientHelloStatus.Complete));

        // Its announced length is enough: nobody need send 64 KiB to hear it.
        Assert.That(Read(beyond[..9], out _), Is.EqualTo(ClientHelloStatus.TooLarge));
        Assert.That(Read(beyond[..8], out _), Is.EqualTo(ClientHelloStatus.NeedMore));
    }

    [Test]
    public void TryRead_of_bytes_at_the_limit_reads_them_and_one_byte_beyond_is_too_large()
    {
        // A message in records of 4 bytes, each with its header of 5, that ends exactly at the limit of all bytes.
        const int Fragment = 4;
        var records = ClientHelloReader.MaxBytes / (Fragment + 5);
        var message = ClientHelloBuilder.For(Name).PadTo((records - 1) * Fragment).Message();
        var rest = ClientHelloReader.MaxBytes - ((records - 1) * (Fragment + 5));
        byte[] Bytes(int last)
        {
            var builder = ClientHelloBuilder.For(Name).PadTo(message.Length + last - 5);
            var all = builder.Message();
            return [.. all[..message.Length].Chunk(Fragment).SelectMany(ClientHelloBuilder.Record), .. ClientHelloBuilder.Record(all[message.Length..])];
        }

        Assert.That(Bytes(rest), Has.Length.EqualTo(ClientHelloReader.MaxBytes));
        Assert.That(Read(Bytes(rest), out _), Is.EqualTo(ClientHelloStatus.Complete));
        Assert.That(Read(Bytes(rest + 1), out _), Is.EqualTo(ClientHelloStatus.TooLarge));
        Assert.That(ReadByteByByte(Bytes(rest + 1), out _), Is.EqualTo(ClientHelloStatus.TooLarge));
    }

    [Test]
    public void TryRead_of_application_protocols_at_the_limit_reads_them_and_one_beyond_is_malformed()
    {
        static ClientHelloStatus Status(int count) =>
            Read(new ClientHelloBuilder().ServerName(Name).Protocols([.. Enumerable.Repeat("x", count)]).Records(), out _);

        Assert.That(Status(ClientHelloParser.MaxApplicationProtocols), Is.EqualTo(ClientHelloStatus.Complete));
        Assert.That(Status(ClientHelloParser.MaxApplicationProtocols + 1), Is.EqualTo(ClientHelloStatus.Malformed));
    }

    [Test]
    public void TryRead_repeats_a_final_answer()
    {
        var reader = new ClientHelloReader();
        var bytes = ClientHelloBuilder.For(Name).Records();
        reader.TryRead(bytes, out var first);

        Assert.That(reader.TryRead([.. bytes, 1, 2, 3], out var second), Is.EqualTo(ClientHelloStatus.Complete));
        Assert.That(second, Is.SameAs(first));
    }

    [Test]
    public void ToCode_of_each_failure_is_its_own_code() =>
        Assert.That(
            Enum.GetValues<ClientHelloStatus>().Select(status => status.ToCode()),
            Is.EqualTo(new TunnelCode?[] { null, null, TunnelCode.NotTls, TunnelCode.NoServerName, TunnelCode.ClientHelloMalformed, TunnelCode.ClientHelloTooLarge }));

    [Test]
    public void Fuzz_mutated_hellos_give_the_same_answer_however_they_are_cut_and_never_throw()
    {
        byte[][] samples =
        [
            ClientHelloBuilder.For(Name).Records(),
            ClientHelloBuilder.For(Name).Records(50),
            ClientHelloBuilder.For(Name).Records(1),
            ClientHelloBuilder.For(Name).Extension(0x1A1A).PadTo(2000).Records(700),
        ];

        Fuzz.Run(seed: 4, random =>
        {
            var bytes = Fuzz.Mutate(random, samples[random.Next(samples.Length)]);
            var expected = Read(bytes, out var info);

            var reader = new ClientHelloReader();
            var status = ClientHelloStatus.NeedMore;
            ClientHelloInfo? cutInfo = null;
            var length = 0;
            foreach (var piece in Fuzz.Chunks(random, bytes))
            {
                // A span of what was received: a read past it would throw.
                length += piece.Length;
                status = reader.TryRead(bytes.AsSpan(..length), out cutInfo);
            }

            Assert.That(status, Is.EqualTo(expected));
            Assert.That(cutInfo?.ServerName, Is.EqualTo(info?.ServerName));
        });
    }

    private static ClientHelloStatus Read(byte[] bytes, out ClientHelloInfo? info) => new ClientHelloReader().TryRead(bytes, out info);

    private static ClientHelloStatus ReadByteByByte(byte[] bytes, out ClientHelloInfo? info)
    {
        var reader = new ClientHelloReader();
        info = null;
        var status = ClientHelloStatus.NeedMore;
        for (var length = 1; length <= bytes.Length && status == ClientHelloStatus.NeedMore; length++)
        {
            status = reader.TryRead(bytes.AsSpan(..length), out info);
        }

        return status;
    }
}
