using System.Security.Cryptography;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport.Tls;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport.Tls;

[CancelAfter(60_000)]
public sealed class UpgradedBytesTests
{
    private const int ReadSize = 1000;

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(ReadSize - 1)]
    [TestCase(ReadSize)]
    [TestCase(ReadSize + 1)]
    [TestCase(5 * ReadSize)]
    public async Task F8_what_the_server_read_ahead_comes_first_and_in_full(int ahead)
    {
        var bytes = RandomNumberGenerator.GetBytes(ahead + 2500);
        var (peer, tls) = DuplexMemoryStream.CreatePair();
        await peer.WriteAsync(bytes.AsMemory(ahead));
        await using var stream = new UpgradedBytes(new ReadAhead(bytes[..ahead], tls), tls, Assert.Fail);
        var received = new List<byte>();
        var buffer = new byte[ReadSize];

        while (received.Count < bytes.Length)
        {
            Assert.That(await stream.ReadAsync(Memory<byte>.Empty), Is.Zero);
            received.AddRange(buffer.AsSpan(0, await stream.ReadAsync(buffer)));
        }

        Assert.That(received, Is.EqualTo(bytes));
    }

    [Test]
    public async Task Once_nothing_is_left_of_it_the_server_is_not_asked_again()
    {
        var (peer, tls) = DuplexMemoryStream.CreatePair();
        var server = new FaultyStream(new MemoryStream([1, 2, 3]));
        await using var stream = new UpgradedBytes(server, tls, Assert.Fail);
        var buffer = new byte[ReadSize];

        Assert.That(await stream.ReadAsync(buffer), Is.EqualTo(3));
        await peer.WriteAsync(new byte[] { 4, 5 });

        Assert.That(await stream.ReadAsync(buffer), Is.EqualTo(2));
        Assert.That(server.BytesRead, Is.EqualTo(3));
    }

    [Test]
    public async Task Writes_go_past_the_server()
    {
        var (peer, tls) = DuplexMemoryStream.CreatePair();
        var server = new FaultyStream(new MemoryStream());
        await using var stream = new UpgradedBytes(server, tls, Assert.Fail);
        var received = new byte[3];

        await stream.WriteAsync(new byte[] { 1, 2, 3 });
        await peer.ReadExactlyAsync(received);

        Assert.That(received, Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(server.BytesWritten, Is.Zero);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task F29_connection_is_aborted_only_when_the_peer_takes_nothing(bool stalled)
    {
        var (_, tls) = DuplexMemoryStream.CreatePair(buffer: 16);
        var server = new FaultyStream(new MemoryStream());
        var aborted = false;
        var stream = new UpgradedBytes(server, tls, () => aborted = true);

        var writing = stream.WriteAsync(new byte[stalled ? 100 : 10]);
        Assert.That(writing.IsCompleted, Is.Not.EqualTo(stalled));
        await stream.DisposeAsync();

        Assert.That(aborted, Is.EqualTo(stalled));
        Assert.That(server.IsDisposed, Is.True, "the server's own stream ends with it");
    }

    /// <summary>A server's stream: what it has read ahead, then what it reads from below, all that there is as far as there is room.</summary>
    private sealed class ReadAhead(byte[] ahead, Stream below) : Stream
    {
        private int _at;

        public override bool CanRead => true;

        public override bool CanWrite => false;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_at == ahead.Length)
            {
                return below.ReadAsync(buffer, cancellationToken);
            }

            var count = Math.Min(buffer.Length, ahead.Length - _at);
            ahead.AsMemory(_at, count).CopyTo(buffer);
            _at += count;
            return new ValueTask<int>(count);
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
