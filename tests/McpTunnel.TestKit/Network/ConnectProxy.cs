using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace McpTunnel.TestKit.Network;

/// <summary>
/// A corporate HTTP proxy on loopback: CONNECT (RFC 9110 section 9.3.6) with credentials, and the ways such a proxy gets in the way. Its user and
/// password are <see cref="User"/> and <see cref="Password"/> until a test changes the password.
/// </summary>
public sealed class ConnectProxy : IAsyncDisposable
{
    public const string User = "svc-tunnel";

    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(50);

    private readonly Socket _listener;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<ProxiedConnection, byte> _tunnels = new();
    private readonly ConcurrentQueue<ConnectRequest> _requests = new();
    private readonly ConcurrentDictionary<Task, byte> _running = new();
    private readonly ConnectProxyOptions _options;
    private readonly ITimer _sweep;
    private int _dropped;

    private ConnectProxy(ConnectProxyOptions options)
    {
        _options = options;
        _listener = options.NewSocket();
        _listener.Bind(options.Listen);
        _listener.Listen();
        _sweep = TimeProvider.System.CreateTimer(_ => DropIdle(), null, SweepInterval, SweepInterval);
    }

    public string Password { get; set; } = "correct:horse";

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    public Uri Url => new($"{(_options.OwnCertificate is null ? "http" : "https")}://localhost:{EndPoint.Port}");

    /// <summary>Every request so far, in order.</summary>
    public IReadOnlyList<ConnectRequest> Requests => [.. _requests];

    /// <summary>Tunnels open now.</summary>
    public int Open => _tunnels.Count;

    /// <summary>Tunnels reset for being idle.</summary>
    public int Dropped => Volatile.Read(ref _dropped);

    public static ConnectProxy Start(ConnectProxyOptions? options = null)
    {
        var proxy = new ConnectProxy(options ?? new ConnectProxyOptions());
        proxy.Track(proxy.AcceptAsync());
        return proxy;
    }

    /// <summary>Resets every tunnel.</summary>
    public void Cut()
    {
        foreach (var tunnel in _tunnels.Keys)
        {
            tunnel.Reset();
        }
    }

    /// <summary>From now on the open tunnels swallow what comes, without a word.</summary>
    public void Forget()
    {
        foreach (var tunnel in _tunnels.Keys)
        {
            tunnel.Freeze();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _sweep.DisposeAsync();
        Cut();
        await Task.WhenAll(_running.Keys);
        _stopping.Dispose();
    }

    private void Track(Task task)
    {
        _running[task] = 0;
        _ = task.ContinueWith(done => _running.TryRemove(done, out _), TaskScheduler.Default);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Track(ServeAsync(await _listener.AcceptAsync(_stopping.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            socket.NoDelay = true;
            Stream stream = new NetworkStream(socket);
            if (_options.OwnCertificate is { } certificate)
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, _stopping.Token);
                stream = tls;
            }

            while (true)
            {
                var head = await RequestHead.ReadAsync(stream, _stopping.Token);
                var (status, headers) = Judge(head);
                _requests.Enqueue(new ConnectRequest(head.Split("\r\n")[0], RequestHead.Header(head, "Proxy-Authorization"), status));
                if (_options.Silent)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, _stopping.Token);
                }

                if (status == 200)
                {
                    await stream.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), _stopping.Token);
                    await TunnelAsync(socket, stream, head.Split(' ')[1]);
                    return;
                }

                var close = status == 407 && _options.CloseAfterChallenge;
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} No\r\n{headers}{(close ? "Connection: close\r\n" : "")}Content-Length: 0\r\n\r\n"), _stopping.Token);
                if (close)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            // The client went away, or the test is over.
        }
        finally
        {
            socket.Dispose();
        }
    }

    private (int Status, string Headers) Judge(string head)
    {
        if (!head.StartsWith("CONNECT ", StringComparison.Ordinal))
        {
            return (405, "");
        }

        if (_options.Challenges.Count > 0 && ProxyChallenge.Answer(RequestHead.Header(head, "Proxy-Authorization"), _options.Challenges, User, Password) is { } challenge)
        {
            return (407, challenge);
        }

        return (_options.RefuseWith ?? 200, "");
    }

    private async Task TunnelAsync(Socket socket, Stream stream, string target)
    {
        var keys = _options.Intercept is { } shown ? new TlsKeys(shown, null) : null;
        var tunnel = new ProxiedConnection(socket, keys, new WireRecord(), new WireRecord(), near: _options.OwnCertificate is null ? null : stream, server: _options.NewSocket());
        _tunnels[tunnel] = 0;
        try
        {
            await tunnel.RunAsync(_options.Resolve?.Invoke(target) ?? new IPEndPoint(IPAddress.Loopback, int.Parse(target[(target.LastIndexOf(':') + 1)..], null)), _stopping.Token);
        }
        finally
        {
            _tunnels.TryRemove(tunnel, out _);
        }
    }

    private void DropIdle()
    {
        foreach (var tunnel in _tunnels.Keys.Where(tunnel => _options.IdleLimit is { } limit && tunnel.Idle > limit))
        {
            if (_tunnels.TryRemove(tunnel, out _))
            {
                Interlocked.Increment(ref _dropped);
                tunnel.Reset();
            }
        }
    }
}
