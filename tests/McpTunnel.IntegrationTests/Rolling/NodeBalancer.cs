using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Cli.Demo.Agents;

namespace McpTunnel.IntegrationTests.Rolling;

/// <summary>A balancer in front of edge nodes: each new connection goes to the next node that is in service. Thread-safe.</summary>
internal sealed class NodeBalancer
{
    private readonly IReadOnlyList<IPEndPoint> _nodes;
    private readonly X509Certificate2 _authority;
    private volatile IReadOnlyList<IPEndPoint> _inService;
    private int _turn;

    /// <param name="nodes">The edge nodes.</param>
    /// <param name="authority">The customer's CA; the caller keeps it alive.</param>
    public NodeBalancer(IReadOnlyList<IPEndPoint> nodes, X509Certificate2 authority)
    {
        _nodes = nodes;
        _authority = authority;
        _inService = nodes;
    }

    /// <summary>Takes a node out, as an operator does before it is stopped.</summary>
    public void TakeOut(IPEndPoint node) => _inService = [.. _nodes.Where(other => !other.Equals(node))];

    public void PutBack() => _inService = _nodes;

    /// <summary>An agent whose connections are spread over the nodes.</summary>
    /// <param name="version">The HTTP version it speaks.</param>
    /// <param name="only">Goes to this node, in service or not; null for any.</param>
    public HttpClient NewAgent(Version version, IPEndPoint? only = null)
    {
        var handler = AgentHttp.Handler(_nodes[0], _authority);
        handler.ConnectCallback = async (_, cancellationToken) => await ConnectAsync(only, cancellationToken);
        return new HttpClient(handler)
        {
            DefaultRequestVersion = version,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    private async Task<Stream> ConnectAsync(IPEndPoint? only, CancellationToken cancellationToken)
    {
        var inService = _inService;
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(only ?? inService[(int)((uint)Interlocked.Increment(ref _turn) % inService.Count)], cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
