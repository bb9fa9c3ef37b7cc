using System.Net.Security;

namespace McpTunnel.Benchmarks.Micro;

/// <summary>The ClientHello that this platform's TLS really sends, caught before it leaves.</summary>
internal static class SampleClientHello
{
    public static byte[] Create(string serverName)
    {
        using var caught = new MemoryStream();
        using var stream = new SslStream(new FirstFlight(caught));
        try
        {
            stream.AuthenticateAsClient(serverName);
        }
        catch (IOException)
        {
            // There is no server; the hello is all that was wanted.
        }

        return caught.ToArray();
    }

    private sealed class FirstFlight(MemoryStream caught) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => 0;

        public override void Write(byte[] buffer, int offset, int count) => caught.Write(buffer, offset, count);

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
