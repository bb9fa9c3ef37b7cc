using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>
/// An upstream made of a bare socket, for what no web server would do. Each connection's requests are read one by one; the test says what
/// happens after each.
/// </summary>
internal sealed class RawUpstream : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly Func<Exchange, Task> _answer;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<string> _requests = new();

    // Held here because an answer that waits forever is held by nothing else: collected, it would close its socket.
    private readonly ConcurrentQueue<Task> _serving = new();
    private readonly Task _accepting;
    private readonly SslServerAuthenticationOptions? _tls;
    private int _connections;

    public RawUpstream(Func<Exchange, Task> answer, IPAddress? address = null, int port = 0, SslServerAuthenticationOptions? tls = null)
    {
        _tls = tls;
        _answer = answer;
        _listener = new TcpListener(address ?? IPAddress.Loopback, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Uri Url => new($"http://{((IPEndPoint)_listener.LocalEndpoint).Address}:{Port}/mcp");

    /// <summary>The heads and bodies received so far.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    public int Connections => _connections;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stopping.Token);
                var number = Interlocked.Increment(ref _connections);
                _serving.Enqueue(ServeAsync(socket, number));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
        }
    }

    private async Task ServeAsync(Socket socket, int connection)
    {
        using (socket)
        {
            try
            {
                await using var stream = await OpenAsync(socket);
                for (var request = 1; await ReadRequestAsync(stream) is { } text; request++)
                {
                    _requests.Enqueue(text);
                    await _answer(new Exchange(socket, stream, connection, request, text));
                }
            }
            catch (Exception exception) when (exception is IOException or AuthenticationException or SocketException or ObjectDisposedException or OperationCanceledException)
            {
            }
        }
    }

    private async Task<Stream> OpenAsync(Socket socket)
    {
        var stream = new NetworkStream(socket);
        if (_tls is null)
        {
            return stream;
        }

        var tls = new SslStream(stream);
        await tls.AuthenticateAsServerAsync(_tls, _stopping.Token);
        return tls;
    }

    private async Task<string?> ReadRequestAsync(Stream stream)
    {
        var text = new StringBuilder();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var received = text.ToString();
            var head = received.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (head >= 0 && received.Length >= head + 4 + LengthIn(received[..head]))
            {
                return received;
            }

            var read = await stream.ReadAsync(buffer, _stopping.Token);
            if (read == 0)
            {
                return null;
            }

            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
    }

    private static int LengthIn(string head)
    {
        const string Name = "content-length:";
        var line = head.Split("\r\n").FirstOrDefault(line => line.StartsWith(Name, StringComparison.OrdinalIgnoreCase));
        return line is null ? 0 : int.Parse(line[Name.Length..], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>One request on one connection, both counted from 1.</summary>
    internal sealed record Exchange(Socket Socket, Stream Stream, int Connection, int Request, string Text)
    {
        public async Task WriteAsync(string text) => await Stream.WriteAsync(Encoding.Latin1.GetBytes(text));

        public Task OkAsync(string body = "ok") => WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}");

        public void Close() => Socket.Shutdown(SocketShutdown.Both);

        public void Reset()
        {
            Socket.LingerState = new LingerOption(true, 0);
            Socket.Close();
        }
    }
}
