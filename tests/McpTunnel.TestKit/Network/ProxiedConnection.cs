using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace McpTunnel.TestKit.Network;

/// <summary>One connection through a <see cref="RecordingProxy"/>: two sockets and a pump each way, half-close kept.</summary>
internal sealed class ProxiedConnection(
    Socket client, TlsKeys? keys, WireRecord fromClient, WireRecord fromServer, Func<string, string>? rewriteHead = null, Stream? near = null, Socket? server = null)
{
    private const int BufferBytes = 16 * 1024;

    private readonly Socket _server = server ?? new Socket(SocketType.Stream, ProtocolType.Tcp);
    private volatile bool _frozen;
    private long _lastBytes = TimeProvider.System.GetTimestamp();

    /// <summary>How long nothing has gone through.</summary>
    public TimeSpan Idle => TimeProvider.System.GetElapsedTime(Volatile.Read(ref _lastBytes));

    public async Task RunAsync(IPEndPoint target, CancellationToken cancellationToken)
    {
        try
        {
            client.NoDelay = true;
            _server.NoDelay = true;
            await _server.ConnectAsync(target, cancellationToken);
            var (from, to) = await StreamsAsync(cancellationToken);
            if (rewriteHead is not null)
            {
                var head = rewriteHead(await RequestHead.ReadAsync(from, cancellationToken));
                await to.WriteAsync(Encoding.ASCII.GetBytes(head), cancellationToken);
            }

            await Task.WhenAll(
                PumpAsync(from, to, _server, fromClient, cancellationToken),
                PumpAsync(to, from, client, fromServer, cancellationToken));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            // One side went away without a goodbye; the other learns it the same way.
        }
        finally
        {
            Reset();
        }
    }

    public void Freeze() => _frozen = true;

    public void Reset()
    {
        client.Close(0);
        _server.Close(0);
    }

    private async Task<(Stream Near, Stream Far)> StreamsAsync(CancellationToken cancellationToken)
    {
        if (keys is null)
        {
            return (near ?? new NetworkStream(client), new NetworkStream(_server));
        }

        var (opened, name) = await keys.AcceptAsync(client, cancellationToken);
        return (opened, await keys.ConnectAsync(_server, name, cancellationToken));
    }

    private async Task PumpAsync(Stream from, Stream to, Socket toSocket, WireRecord record, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferBytes];
        while (true)
        {
            var length = await from.ReadAsync(buffer, cancellationToken);
            if (_frozen)
            {
                if (length == 0)
                {
                    return;
                }

                continue;
            }

            if (length == 0)
            {
                await EndAsync(to, toSocket);
                return;
            }

            Volatile.Write(ref _lastBytes, TimeProvider.System.GetTimestamp());
            record.Add(buffer.AsSpan(0, length));
            await to.WriteAsync(buffer.AsMemory(0, length), cancellationToken);
        }
    }

    private static async Task EndAsync(Stream to, Socket socket)
    {
        if (to is SslStream tls)
        {
            try
            {
                await tls.ShutdownAsync();
            }
            catch (CryptographicException)
            {
                // The other side ended the connection in the middle of its handshake.
            }
        }

        socket.Shutdown(SocketShutdown.Send);
    }
}
