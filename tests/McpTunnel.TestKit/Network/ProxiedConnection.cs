using System.Net;
using System.Net.Sockets;

namespace McpTunnel.TestKit.Network;

/// <summary>One connection through a <see cref="RecordingProxy"/>: two sockets and a pump each way, half-close kept.</summary>
internal sealed class ProxiedConnection(Socket client, int bufferBytes, ProxiedConnection.Recorder record)
{
    private readonly Socket _server = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private volatile bool _frozen;

    public delegate void Recorder(ReadOnlySpan<byte> bytes);

    public async Task RunAsync(IPEndPoint target, CancellationToken cancellationToken)
    {
        try
        {
            client.NoDelay = true;
            await _server.ConnectAsync(target, cancellationToken);
            await Task.WhenAll(PumpAsync(client, _server, cancellationToken), PumpAsync(_server, client, cancellationToken));
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
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

    private async Task PumpAsync(Socket from, Socket to, CancellationToken cancellationToken)
    {
        var buffer = new byte[bufferBytes];
        while (true)
        {
            var length = await from.ReceiveAsync(buffer, cancellationToken);
            if (_frozen)
            {
                continue;
            }

            if (length == 0)
            {
                to.Shutdown(SocketShutdown.Send);
                return;
            }

            record(buffer.AsSpan(0, length));
            for (var sent = 0; sent < length;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, length - sent), cancellationToken);
            }
        }
    }
}
