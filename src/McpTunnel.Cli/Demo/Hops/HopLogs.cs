using System.Collections.Concurrent;

namespace McpTunnel.Cli.Demo.Hops;

/// <summary>What each hop behind the agent wrote down.</summary>
internal sealed class HopLogs
{
    private const int KeptRequests = 1000;

    private readonly ConcurrentQueue<UpstreamRequest> _upstream = new();

    public HopLog Edge { get; } = new();

    public HopLog Client { get; } = new();

    /// <summary>What reached the sample server, oldest first.</summary>
    public IReadOnlyList<UpstreamRequest> Upstream => [.. _upstream];

    public void Add(UpstreamRequest request)
    {
        _upstream.Enqueue(request);
        while (_upstream.Count > KeptRequests)
        {
            _upstream.TryDequeue(out _);
        }
    }
}
