using McpTunnel.Benchmarks.Load;

namespace McpTunnel.Benchmarks.Scenarios;

/// <summary>One kind of load that every variant gets in turn.</summary>
/// <param name="Title">Heading of its table.</param>
internal sealed record LoadShape(string Title, LoadMode Mode, int Connections)
{
    public static LoadShape Calls(int connections) => new($"Small tool calls, {connections} connections", LoadMode.Calls, connections);

    public bool IsBulk => Mode is LoadMode.Download or LoadMode.Upload;

    public static readonly LoadShape OneAtATime = new("Small tool calls, one at a time", LoadMode.Calls, 1);

    public static readonly IReadOnlyList<LoadShape> Bulk =
    [
        new("One bulk stream, towards the agent", LoadMode.Download, 1),
        new("One bulk stream, towards the upstream", LoadMode.Upload, 1),
        new("8 bulk streams, towards the agents", LoadMode.Download, 8),
        new("8 bulk streams, towards the upstream", LoadMode.Upload, 8),
    ];

    public static readonly LoadShape Events = new("SSE events, 8 streams, one event per 10 ms each", LoadMode.Events, 8);
}
