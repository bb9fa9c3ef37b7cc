using McpTunnel.Configuration.Binding;
using McpTunnel.Configuration.Rules;
using McpTunnel.Configuration.Values;
using McpTunnel.Protocol.Control;

namespace McpTunnel.Edge.Configuration;

/// <summary>Everything that can be set about an edge node: the contents of <c>edge.yaml</c>. Fixed while the edge runs.</summary>
public sealed record EdgeOptions
{
    /// <summary>The edge's domain. Links come to <c>link.&lt;domain&gt;</c>, agents to <c>&lt;server&gt;.&lt;label&gt;.&lt;domain&gt;</c>.</summary>
    [Option("domain", "The edge's domain: API and enrolment answer here, links at link.<domain>, agents reach <server>.<label>.<domain>.")]
    [DnsName]
    public required string Domain { get; init; }

    /// <summary>Where agents and clients connect. Port 0 takes any free port.</summary>
    [Option(
        "listen",
        "Addresses and TCP ports for agents and tunnel clients alike; [::] takes IPv4 too.",
        Reason = "443 is the one outbound port that private networks leave open.")]
    [Count(1, 16)]
    public IReadOnlyList<HostEndPoint> Listen { get; init; } = [new HostEndPoint("::", 443)];

    /// <summary>Whether links are taken over QUIC too, on the UDP ports of <see cref="Listen"/>.</summary>
    [Option(
        "quic",
        "Whether links are taken over QUIC too, on the UDP ports of the same numbers; without libmsquic they are not, and clients use TCP.",
        Reason = "Lost packets of one call hold up no other. Open UDP 443 beside TCP 443.")]
    public bool Quic { get; init; } = true;

    /// <summary>Where health and metrics are served, as plain HTTP.</summary>
    [Option(
        "management",
        "Address and TCP port of /healthz, /readyz and /metrics, as plain HTTP.",
        Reason = "Loopback, since it needs no credentials.")]
    public HostEndPoint Management { get; init; } = new("127.0.0.1", 9465);

    /// <summary>This node's name, told to clients and logged at both ends of a link.</summary>
    [Option(
        "node",
        "This node's name, told to clients and logged at both ends of a link; unique among the nodes of one edge.",
        DefaultText = "the host name")]
    [Text(1, 64)]
    public string Node { get; init; } = Environment.MachineName;

    /// <summary>The nodes that clients are told of, besides this one.</summary>
    [Option(
        "otherNodes",
        "Nodes of this edge that clients may dial for links besides what DNS says; a client then keeps links at two of them or more, and has one to go to when this node leaves. This node itself is left out, so that all can have the same list.",
        Reason = "With one address for all nodes in DNS there is nothing to tell.")]
    [Count(0, ControlLimits.MaxOtherNodes)]
    public IReadOnlyList<OtherNodeOptions> OtherNodes { get; init; } = [];

    /// <summary>The directory that <c>edge init</c> made: registry, tunnel CA, admin key.</summary>
    [Option(
        "state",
        "The directory that 'edge init' made: registry, tunnel CA and the certificate of the edge's own names.",
        DefaultText = "the working directory")]
    [FilePath]
    public string State { get; init; } = ".";

    /// <summary>The certificate of the edge's own names.</summary>
    [Option("certificate", "The certificate for the edge's own names; tunnel names are never served here.")]
    public EdgeCertificateOptions Certificate { get; init; } = new();

    /// <summary>How long streams in flight may go on after the edge was told to stop.</summary>
    [Option(
        "shutdownGrace",
        "How long calls in flight may go on after the edge was told to stop; then they are cut.",
        Reason = "What container platforms allow before they kill a process.")]
    [Range("0s", "1h")]
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bounds on what strangers, agents and clients may use.</summary>
    [Option("limits", "Bounds on what strangers, agents and clients may use.")]
    public EdgeLimitOptions Limits { get; init; } = new();
}
