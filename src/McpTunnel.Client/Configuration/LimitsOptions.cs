using McpTunnel.Configuration.Binding;
using McpTunnel.Configuration.Values;

namespace McpTunnel.Client.Configuration;

/// <summary>Bounds on agents' requests and connections.</summary>
public sealed record LimitsOptions
{
    [Option("maxRequestBody", "The largest request body, unless a server says otherwise; a larger one is answered 413.", Reason = "Tool calls are kilobytes; base64 images a few megabytes.")]
    [McpTunnel.Configuration.Rules.Range("1KiB", "1GiB")]
    public ByteSize MaxRequestBody { get; init; } = ByteSize.MiB(4);

    [Option("maxRequestHeaders", "Header lines in one request; more are answered 431.", Reason = "MCP needs about twenty, one more for each Mcp-Param.")]
    [McpTunnel.Configuration.Rules.Range("20", "1000")]
    public int MaxRequestHeaders { get; init; } = 100;

    [Option("maxRequestHeaderSize", "All header lines of one request together; more are answered 431.", Reason = "Tokens with many groups reach 16 KiB.")]
    [McpTunnel.Configuration.Rules.Range("4KiB", "256KiB")]
    public ByteSize MaxRequestHeaderSize { get; init; } = ByteSize.KiB(32);

    [Option("requestHeadersTimeout", "Time for an agent to send the TLS handshake, and then all headers of a request.", Reason = "Bounds what a silent stranger holds.")]
    [McpTunnel.Configuration.Rules.Range("1s", "5m")]
    public TimeSpan RequestHeadersTimeout { get; init; } = TimeSpan.FromSeconds(30);

    [Option(
        "idleConnectionTimeout",
        "How long an agent's connection without any call is kept. A call in progress, however quiet, is never cut.",
        Reason = "Longer than the pools of common agents (5 minutes), so that the agent closes first.")]
    [McpTunnel.Configuration.Rules.Range("10s", "24h")]
    public TimeSpan IdleConnectionTimeout { get; init; } = TimeSpan.FromMinutes(15);

    [Option(
        "firstCallTimeout",
        "Time for an agent's connection, from the end of its TLS handshake, to its first call that is let in. A connection without one is closed, and cut when it still is there after as much time again.",
        Reason = "Bounds what a stranger without a token holds; agents call at once on a new connection.")]
    [McpTunnel.Configuration.Rules.Range("1s", "1h")]
    public TimeSpan FirstCallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    [Option(
        "connections",
        "Agents' connections at a time, over all links. Further ones are reset.",
        Reason = "As many as an edge lets one tunnel have. Bounds what an edge that keeps to no limit can make this process hold.")]
    [McpTunnel.Configuration.Rules.Range("1", "1000000")]
    public int Connections { get; init; } = 10_000;

    [Option(
        "pendingConnections",
        "Agents' connections at a time, over all links, on which no call has been let in yet, TLS handshake included. When there are as many, the oldest makes way for a new one.",
        Reason = "Whoever comes with a token is among them for milliseconds. All of them within their TLS handshake take about half a GiB.")]
    [McpTunnel.Configuration.Rules.Range("1", "1000000")]
    public int PendingConnections { get; init; } = 2000;

    [Option(
        "bufferMemory",
        "Bytes in all, over all links but those over QUIC, that agents have sent and nobody has read, or that wait for agents to take them. Above it answers wait when 32 KiB of theirs do, and the connection that leaves most unread is reset.",
        Reason = "A thousand agents that stall: each holds up to 256 KiB each way.")]
    [McpTunnel.Configuration.Rules.Range("16MiB", "64GiB")]
    public ByteSize BufferMemory { get; init; } = ByteSize.MiB(512);

    [Option("streamsPerConnection", "Calls at the same time on one HTTP/2 connection.", Reason = "What common servers allow.")]
    [McpTunnel.Configuration.Rules.Range("1", "10000")]
    public int StreamsPerConnection { get; init; } = 100;

    [Option("stopGrace", "How long calls in flight may go on after the client is asked to stop.", Reason = "Below the 30 seconds that service managers wait before they kill.")]
    [McpTunnel.Configuration.Rules.Range("0s", "1h")]
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(25);
}
