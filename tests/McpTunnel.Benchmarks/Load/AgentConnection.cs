using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace McpTunnel.Benchmarks.Load;

/// <summary>
/// One agent: TLS, or nothing, on a raw socket and just enough HTTP/1.1 to send a request and find the end of its response. An HTTP
/// library here would use more of the two cores than what is being measured.
/// </summary>
internal sealed class AgentConnection : IAsyncDisposable
{
    private const int BufferSize = 128 * 1024;

    private readonly Stream _stream;
    private readonly byte[] _buffer;
    private int _filled;

    private AgentConnection(Stream stream, int bufferSize)
    {
        _stream = stream;
        _buffer = new byte[bufferSize];
    }

    public static async Task<AgentConnection> ConnectAsync(
        AgentTarget target, X509Certificate2Collection trusted, int bufferSize = BufferSize, CancellationToken cancellationToken = default)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(target.Address), target.Port), cancellationToken);
            var plain = new NetworkStream(socket, ownsSocket: true);
            if (!target.Tls)
            {
                return new AgentConnection(plain, bufferSize);
            }

            var stream = new SslStream(plain);
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(trusted);
            var options = new SslClientAuthenticationOptions
            {
                TargetHost = target.ServerName,
                CertificateChainPolicy = policy,
                ApplicationProtocols = [SslApplicationProtocol.Http11],
            };
            await stream.AuthenticateAsClientAsync(options, cancellationToken);
            return new AgentConnection(stream, bufferSize);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> request, CancellationToken cancellationToken) =>
        _stream.WriteAsync(request, cancellationToken);

    /// <summary>Reads the head of a 200 response; what was read behind it stays in the buffer.</summary>
    /// <returns>The declared length of the body; -1 when it is not declared.</returns>
    public async ValueTask<long> ReadHeadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var end = _buffer.AsSpan(0, _filled).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                var length = ParseHead(_buffer.AsSpan(0, end + 2));
                Consume(end + 4);
                return length;
            }

            await FillAsync(cancellationToken);
        }
    }

    /// <summary>Takes what has arrived, or waits for more; the memory is valid until the next call.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync(CancellationToken cancellationToken)
    {
        if (_filled == 0)
        {
            await FillAsync(cancellationToken);
        }

        var taken = _buffer.AsMemory(0, _filled);
        _filled = 0;
        return taken;
    }

    /// <summary>Reads and drops a body of known length.</summary>
    public async ValueTask SkipBodyAsync(long length, CancellationToken cancellationToken)
    {
        while (length > 0)
        {
            length -= (await ReadBodyAsync(cancellationToken)).Length;
        }

        if (length < 0)
        {
            throw new InvalidDataException("The server sent more than its Content-Length.");
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private static long ParseHead(ReadOnlySpan<byte> head)
    {
        if (!head.StartsWith("HTTP/1.1 200"u8))
        {
            throw new InvalidDataException($"Expected 200, got: {Encoding.ASCII.GetString(head)}");
        }

        // Both spellings of the header are seen: Kestrel's and HAProxy's.
        var at = head.IndexOf("\r\nContent-Length: "u8);
        at = at >= 0 ? at : head.IndexOf("\r\ncontent-length: "u8);
        if (at < 0)
        {
            return -1;
        }

        var value = head[(at + "\r\nContent-Length: "u8.Length)..];
        return long.Parse(value[..value.IndexOf((byte)'\r')], NumberStyles.None, CultureInfo.InvariantCulture);
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        var read = await _stream.ReadAsync(_buffer.AsMemory(_filled), cancellationToken);
        if (read == 0)
        {
            throw new EndOfStreamException("The connection ended before the response did.");
        }

        _filled += read;
    }

    private void Consume(int count)
    {
        _buffer.AsSpan(count, _filled - count).CopyTo(_buffer);
        _filled -= count;
    }
}
