using McpTunnel.Configuration.Binding;
using McpTunnel.Configuration.Rules;
using McpTunnel.Configuration.Values;

namespace McpTunnel.Edge.Configuration;

/// <summary>
/// Bounds on what strangers, agents and clients may use. What is over a bound is refused early, with a code that is counted
/// in the metrics. A source is an IPv4 address or an IPv6 /64.
/// </summary>
public sealed record EdgeLimitOptions
{
    [Option(
        "pendingConnections",
        "Connections in all that have not named their server yet. When there are as many, the oldest that has sent nothing makes way for a new one.",
        Reason = "64 MiB if each holds its first block; a busy edge has a few hundred.")]
    [Range("1", "1000000")]
    public int PendingConnections { get; init; } = 16_384;

    [Option(
        "pendingPerSource",
        "Connections of one source that have not named their server yet.",
        Reason = "As many as may come at once, since they do; too little to fill the edge from one address.")]
    [Range("1", "1000000")]
    public int PendingPerSource { get; init; } = 1_000;

    [Option(
        "handshakesPerSecond",
        "New connections a second that one source may keep up.",
        Reason = "Each can cost a tunnel client a TLS handshake, about a millisecond of CPU: a tenth of one core.")]
    [Range("1", "1000000")]
    public int HandshakesPerSecond { get; init; } = 100;

    [Option(
        "handshakeBurst",
        "New connections that a source which was quiet may open at once.",
        Reason = "An agent platform that starts, or many clients that come back together behind one address.")]
    [Range("1", "1000000")]
    public int HandshakeBurst { get; init; } = 1_000;

    [Option(
        "networkShare",
        "How many times the limits of one source on new and pending connections and on API calls the sources of one network, an IPv4 /24 or an IPv6 /48, have together.",
        Reason = "A site or a provider's customer often has a /48, which is 65,536 sources.")]
    [Range("1", "65536")]
    public int NetworkShare { get; init; } = 8;

    [Option(
        "sources",
        "Sources remembered at a time. When all are in use, newcomers share the limits of one.",
        Reason = "A few hundred bytes each; a flood from more addresses is held to the limits of one source.")]
    [Range("1", "10000000")]
    public int Sources { get; init; } = 65_536;

    [Option(
        "clientHelloSize",
        "Bytes of TLS ClientHello, record headers included, that are read from one connection.",
        Reason = "64 KiB of handshake and the headers of its records; a browser sends 2 KiB.")]
    [Range("1KiB", "72KiB")]
    public ByteSize ClientHelloSize { get; init; } = ByteSize.KiB(72);

    [Option(
        "clientHelloMemory",
        "Bytes in all that unfinished ClientHellos may hold beyond the first 4 KiB of each.",
        Reason = "A flood of large ones ends here instead of in the heap.")]
    [Range("128KiB", "16GiB")]
    public ByteSize ClientHelloMemory { get; init; } = ByteSize.MiB(64);

    [Option(
        "clientHelloTimeout",
        "Time from the connection to the last byte of its ClientHello.",
        Reason = "Three retransmissions on a bad mobile network.")]
    [Range("100ms", "5m")]
    public TimeSpan ClientHelloTimeout { get; init; } = TimeSpan.FromSeconds(10);

    [Option(
        "streamsPerTunnel",
        "Agent connections open at a time to one tunnel.",
        Reason = "Protects the private network: each costs the client memory, and its server perhaps a session.")]
    [Range("1", "1000000")]
    public int StreamsPerTunnel { get; init; } = 10_000;

    [Option(
        "streamsPerSource",
        "Agent connections open at a time from one source.",
        Reason = "An agent platform can come from one address; a stranger must not take a whole tunnel's share.")]
    [Range("1", "1000000")]
    public int StreamsPerSource { get; init; } = 8_192;

    [Option(
        "streamIdleTimeout",
        "Time without a byte in either direction after which an agent connection is reset.",
        Reason = "None: an MCP stream may be quiet for hours. Dead peers are found by TCP keep-alive and by the link.")]
    [Range("1m", "30d")]
    public TimeSpan? StreamIdleTimeout { get; init; }

    [Option(
        "links",
        "Links that this node holds.",
        Reason = "Each takes a file descriptor and, when idle, some tens of KiB.")]
    [Range("1", "1000000")]
    public int Links { get; init; } = 20_000;

    [Option(
        "linksPerTunnel",
        "Links of one tunnel on this node.",
        Reason = "Four for each of 64 client instances.")]
    [Range("1", "100000")]
    public int LinksPerTunnel { get; init; } = 256;

    [Option(
        "linksPerInstance",
        "Links of one client process on this node.",
        Reason = "Four by default, and their replacements during a drain, twice over.")]
    [Range("1", "1000")]
    public int LinksPerInstance { get; init; } = 16;

    [Option(
        "ownNameConnections",
        "Connections open at a time to the edge's own names, links included. API calls have what 'links' leaves of them.",
        Reason = "All links, and half as many API calls.")]
    [Range("1", "1000000")]
    public int OwnNameConnections { get; init; } = 30_000;

    [Option(
        "callersPerSource",
        "Connections of one source, open at a time, to the edge's API. Links do not count.",
        Reason = "Many clients that enrol behind one address; far below what all sources have together.")]
    [Range("1", "1000000")]
    public int CallersPerSource { get; init; } = 256;

    [Option(
        "backlog",
        "Connections that the kernel holds until the edge accepts them, for each listen address.",
        Reason = "The kernel's own ceiling is 4096 (net.core.somaxconn).")]
    [Range("1", "65535")]
    public int Backlog { get; init; } = 4_096;
}
