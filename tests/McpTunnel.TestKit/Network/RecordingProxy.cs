using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace McpTunnel.TestKit.Network;

/// <summary>
/// A TCP proxy on loopback that keeps a copy of every byte it carries, both ways, and can cut what goes through it. Put where a wire
/// would be: what it recorded is what somebody on that wire, or the one at its end, gets to see.
/// </summary>
public sealed class RecordingProxy : IAsyncDisposable
{
    private const int BufferBytes = 16 * 1024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<ProxiedConnection, Task> _connections = new();
    private readonly Func<IPEndPoint> _target;
    private readonly MemoryStream _recorded = new();
    private Task _accepting = Task.CompletedTask;
    private volatile bool _refusing;
    private int _accepted;

    private RecordingProxy(Func<IPEndPoint> target) => _target = target;

    /// <summary>Where to connect instead of the target.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Connections accepted so far.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Connections open now.</summary>
    public int Open => _connections.Count;

    /// <summary>Everything carried so far, both directions, in the order of arrival here.</summary>
    public byte[] Recorded
    {
        get
        {
            lock (_recorded)
            {
                return _recorded.ToArray();
            }
        }
    }

    /// <summary>Starts a proxy to an address that may change between two connections.</summary>
    public static RecordingProxy Start(Func<IPEndPoint> target)
    {
        var proxy = new RecordingProxy(target);
        proxy._listener.Start();
        proxy._accepting = proxy.AcceptAsync();
        return proxy;
    }

    /// <summary>Resets every connection, as a cut cable or a dead middlebox would in the end.</summary>
    public void Cut()
    {
        foreach (var connection in _connections.Keys)
        {
            connection.Reset();
        }
    }

    /// <summary>From now on new connections are reset at once; existing ones go on.</summary>
    public void Refuse(bool refuse) => _refusing = refuse;

    /// <summary>From now on bytes are swallowed in both directions without a word: the half-open connection.</summary>
    public void Freeze()
    {
        foreach (var connection in _connections.Keys)
        {
            connection.Freeze();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
        await Task.WhenAll(_connections.Values);
        _stopping.Dispose();
        await _recorded.DisposeAsync();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stopping.Token);
                Interlocked.Increment(ref _accepted);
                if (_refusing)
                {
                    socket.Close(0);
                    continue;
                }

                var connection = new ProxiedConnection(socket, BufferBytes, Record);
                _connections[connection] = Task.CompletedTask;
                _connections[connection] = CarryAsync(connection);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task CarryAsync(ProxiedConnection connection)
    {
        try
        {
            await connection.RunAsync(_target(), _stopping.Token);
        }
        finally
        {
            _connections.TryRemove(connection, out _);
        }
    }

    private void Record(ReadOnlySpan<byte> bytes)
    {
        lock (_recorded)
        {
            _recorded.Write(bytes);
        }
    }
}
