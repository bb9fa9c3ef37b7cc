using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace McpTunnel.TestKit.Network;

/// <summary>
/// A TCP proxy on loopback that keeps a copy of every byte it carries, both ways, and can cut, freeze or refuse what goes through it. Put where
/// a wire would be: what it recorded is what somebody on that wire, or the one at its end, gets to see. With the keys of both ends it
/// opens TLS, and records what the two say inside it.
/// </summary>
public sealed class RecordingProxy : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly Func<Socket> _newSocket;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<ProxiedConnection, Task> _connections = new();
    private readonly Func<IPEndPoint> _target;
    private readonly TlsKeys? _keys;
    private readonly Func<string, string>? _rewriteHead;
    private Task _accepting = Task.CompletedTask;
    private volatile bool _refusing;
    private int _accepted;

    private RecordingProxy(Func<IPEndPoint> target, TlsKeys? keys, Func<string, string>? rewriteHead, IPEndPoint? listen, Func<Socket>? newSocket)
    {
        _newSocket = newSocket ?? (static () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        _listener = _newSocket();
        _listener.Bind(listen ?? new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _rewriteHead = rewriteHead;
        _target = target;
        _keys = keys;
    }

    /// <summary>Where to connect instead of the target.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Connections accepted so far.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Connections open now.</summary>
    public int Open => _connections.Count;

    /// <summary>What the connecting side sent.</summary>
    public WireRecord FromClient { get; } = new();

    /// <summary>What the target sent.</summary>
    public WireRecord FromServer { get; } = new();

    /// <summary>Whether the text went through in either direction.</summary>
    public bool Carried(string text) => FromClient.Contains(text) || FromServer.Contains(text);

    /// <summary>Starts a proxy to an address that may change between two connections.</summary>
    public static RecordingProxy Start(Func<IPEndPoint> target) => Start(target, null, null);

    /// <summary>Starts a proxy that holds the keys of both ends, so that it records what is inside TLS.</summary>
    /// <param name="target">Where to connect to.</param>
    /// <param name="serverCertificate">The target's own certificate with its key, shown to who connects.</param>
    /// <param name="clientCertificate">The connecting side's certificate with its key, shown to the target.</param>
    public static RecordingProxy StartInsideTls(Func<IPEndPoint> target, X509Certificate2 serverCertificate, X509Certificate2 clientCertificate) =>
        Start(target, new TlsKeys(serverCertificate, clientCertificate), null);

    /// <summary>
    /// Starts a middlebox that understands HTTP, inside TLS as above: of the upgrades it knows only WebSocket, and takes any other out of the first
    /// request of a connection, as RFC 9110 section 7.6.1 has it for a header that an intermediary does not know to forward.
    /// </summary>
    /// <param name="target">Where to connect to.</param>
    /// <param name="serverCertificate">The target's own certificate with its key, shown to who connects.</param>
    /// <param name="clientCertificate">The connecting side's certificate with its key, shown to the target.</param>
    /// <param name="listen">Where it listens; a port of loopback when null.</param>
    /// <param name="newSocket">Makes its sockets, for a middlebox in another network than the test's.</param>
    public static RecordingProxy StartWebSocketOnly(
        Func<IPEndPoint> target, X509Certificate2 serverCertificate, X509Certificate2 clientCertificate, IPEndPoint? listen = null, Func<Socket>? newSocket = null) =>
        Start(target, new TlsKeys(serverCertificate, clientCertificate), listen: listen, newSocket: newSocket, rewriteHead: head =>
            string.Equals(RequestHead.Header(head, "Upgrade"), "websocket", StringComparison.OrdinalIgnoreCase)
                ? head
                : string.Join("\r\n", head.Split("\r\n").Where(line =>
                    !line.StartsWith("Upgrade:", StringComparison.OrdinalIgnoreCase) && !line.StartsWith("Connection:", StringComparison.OrdinalIgnoreCase))));

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

    /// <summary>From now on bytes of the open connections are swallowed without a word: the half-open connection.</summary>
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
        _listener.Dispose();
        Cut();
        await _accepting;
        await Task.WhenAll(_connections.Values);
        _stopping.Dispose();
    }

    private static RecordingProxy Start(
        Func<IPEndPoint> target, TlsKeys? keys, Func<string, string>? rewriteHead, IPEndPoint? listen = null, Func<Socket>? newSocket = null)
    {
        var proxy = new RecordingProxy(target, keys, rewriteHead, listen, newSocket);
        proxy._accepting = proxy.AcceptAsync();
        return proxy;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_stopping.Token);
                Interlocked.Increment(ref _accepted);
                if (_refusing)
                {
                    socket.Close(0);
                    continue;
                }

                var connection = new ProxiedConnection(socket, _keys, FromClient, FromServer, _rewriteHead, server: _newSocket());
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
        // Off the accept loop at once; the entry above must be there before it is removed here.
        await Task.Yield();
        try
        {
            await connection.RunAsync(_target(), _stopping.Token);
        }
        finally
        {
            _connections.TryRemove(connection, out _);
        }
    }
}
