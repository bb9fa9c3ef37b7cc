using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Cli.Demo.Agents;
using McpTunnel.TestKit;

namespace McpTunnel.IntegrationTests.Rolling;

/// <summary>A balancer in front of edge nodes: each new connection goes to the next node that is in service. Thread-safe.</summary>
internal sealed class NodeBalancer
{
    private readonly Lock _gate = new();
    private readonly X509Certificate2 _authority;
    private readonly IPEndPoint[] _nodes;
    private readonly int[] _connecting;
    private int _out = -1;
    private int _turn;

    /// <param name="nodes">The edge nodes.</param>
    /// <param name="authority">The customer's CA; the caller keeps it alive.</param>
    public NodeBalancer(IReadOnlyList<IPEndPoint> nodes, X509Certificate2 authority)
    {
        _nodes = [.. nodes];
        _connecting = new int[_nodes.Length];
        _authority = authority;
    }

    /// <summary>Takes a node out, as an operator does before it is stopped, and waits until those who are just connecting to it have done so.</summary>
    public Task TakeOutAsync(int node)
    {
        lock (_gate)
        {
            _out = node;
        }

        return Eventually.ThatAsync(() => Volatile.Read(ref _connecting[node]) == 0, "nobody is connecting any more");
    }

    public void PutBack()
    {
        lock (_gate)
        {
            _out = -1;
        }
    }

    /// <summary>An agent whose connections are spread over the nodes.</summary>
    /// <param name="version">The HTTP version it speaks.</param>
    public HttpClient NewAgent(Version version)
    {
        var handler = AgentHttp.Handler(_nodes[0], _authority);

        // What has been idle on a link that is left is closed after two seconds. In HTTP/1.1 nothing tells an agent that sends a call at that very moment whether it was taken, so a careful one
        // does not use again what was idle for about as long.
        handler.PooledConnectionIdleTimeout = TimeSpan.FromSeconds(1);
        handler.ConnectCallback = async (context, cancellationToken) => await ConnectAsync(context.DnsEndPoint.Host, version, cancellationToken);
        return new HttpClient(handler)
        {
            DefaultRequestVersion = version,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    private async Task<Stream> ConnectAsync(string host, Version version, CancellationToken cancellationToken)
    {
        var node = Choose();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(_nodes[node], cancellationToken);
            var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
            var options = AgentHttp.Trusting(_authority);
            options.TargetHost = host;
            options.ApplicationProtocols = [version == HttpVersion.Version20 ? SslApplicationProtocol.Http2 : SslApplicationProtocol.Http11];
            await tls.AuthenticateAsClientAsync(options, cancellationToken);
            return tls;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _connecting[node]);
        }
    }

    private int Choose()
    {
        lock (_gate)
        {
            do
            {
                _turn = (_turn + 1) % _nodes.Length;
            }
            while (_turn == _out);
            Interlocked.Increment(ref _connecting[_turn]);
            return _turn;
        }
    }
}
