using McpTunnel.Client.Hosting;

namespace McpTunnel.TestKit.WholePath;

/// <summary>What a <see cref="TunnelFixture"/> is made of.</summary>
public sealed record TunnelFixtureOptions
{
    /// <summary>Labels of the tunnels, each with its own client and one server <c>docs</c> in front of the sample.</summary>
    public IReadOnlyList<string> Tunnels { get; init; } = ["acme"];

    /// <summary>The servers of each tunnel.</summary>
    public IReadOnlyList<TestServer> Servers { get; init; } = [new("docs")];

    /// <summary>Links of each client. One: a test then knows which link it cuts.</summary>
    public int Links { get; init; } = 1;

    /// <summary>Whether to record all that the edge receives and sends, inside the outer TLS where there is one.</summary>
    public bool RecordWires { get; init; }

    /// <summary>More lines of each client's configuration, at its top level.</summary>
    public IReadOnlyList<string> ClientYaml { get; init; } = [];

    /// <summary>More lines of its section <c>links</c>.</summary>
    public IReadOnlyList<string> LinksYaml { get; init; } = [];

    /// <summary>Whether clients call themselves through the edge. Off: a test then knows whose calls it sees.</summary>
    public bool SelfCalls { get; init; }

    /// <summary>Changes what each client is started with.</summary>
    public Func<TunnelClientSettings, TunnelClientSettings> ClientSettings { get; init; } = static settings => settings;

    /// <summary>Whether links go through a middlebox that lets no upgrade pass but WebSocket.</summary>
    public bool WebSocketOnly { get; init; }
}
