using McpTunnel.TestKit.Netns;

namespace McpTunnel.IntegrationTests.Netns;

/// <summary>What <see cref="TwoNetworks"/> are like.</summary>
internal sealed record TwoNetworksOptions
{
    /// <summary>How the client's links are configured, as YAML in one line.</summary>
    public string Links { get; init; } = "{ carriers: [tls] }";

    /// <summary>Whether UDP passes between client and edge.</summary>
    public bool Udp { get; init; }

    /// <summary>The largest UDP packet that passes out, headers included; null for any.</summary>
    public int? LargestUdp { get; init; }

    /// <summary>Whether packets from the private network reach a proxy that wants credentials, and nothing else.</summary>
    public bool BehindProxy { get; init; }

    /// <summary>What the way from client to edge does to packets; null for a plain cable.</summary>
    public DelayLineSettings? Line { get; init; }

    /// <summary>Whether there is another way, to another address of the edge. Both are lines then.</summary>
    public bool SecondWay { get; init; }

    /// <summary>Whether the client finds the edge by name; by addresses in its configuration otherwise.</summary>
    public bool ByName { get; init; }

    /// <summary>Whether a middlebox with the keys of both ends stands where the client dials, and knows no upgrade but WebSocket.</summary>
    public bool WebSocketOnly { get; init; }

    /// <summary>Whether edge and client are set up by the commands that operators use, each a process; their files are made here otherwise.</summary>
    public bool ByCommands { get; init; }
}
