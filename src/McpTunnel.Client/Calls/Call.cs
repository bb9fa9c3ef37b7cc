using McpTunnel.Client.Authentication;
using McpTunnel.Client.Forwarding;
using McpTunnel.Client.Routing;
using McpTunnel.Protocol.Codes;
using McpTunnel.Transport.Kestrel;

namespace McpTunnel.Client.Calls;

/// <summary>
/// What the boundary knows about one request; each step adds its part, the access log writes it down. Used by one request's
/// flow alone, so not thread-safe.
/// </summary>
internal sealed class Call(long started, ITunnelConnectionFeature? connection)
{
    /// <summary>Timestamp of the first step.</summary>
    public long Started { get; } = started;

    /// <summary>Where the agent's connection came from.</summary>
    public ITunnelConnectionFeature? Connection { get; } = connection;

    /// <summary>The agent's connection, where somebody watches over its first calls.</summary>
    public Newcomer? Newcomer { get; set; }

    /// <summary>The server that is called, entered; null until routed, and for what no server answers.</summary>
    public ServerRoute? Server { get; set; }

    /// <summary>Path and query exactly as they are sent on.</summary>
    public string Target { get; set; } = "";

    /// <summary>Where the path ends in <see cref="Target"/>.</summary>
    public int PathLength { get; set; }

    public ReadOnlySpan<char> Path => Target.AsSpan(0, PathLength);

    /// <summary>Who calls; null until authenticated.</summary>
    public Caller? Caller { get; set; }

    /// <summary>Why the boundary refused, or what went wrong upstream; null for an upstream's own answer.</summary>
    public TunnelCode? Code { get; set; }

    /// <summary>More about <see cref="Code"/> for the log, with addresses that agents are not told.</summary>
    public string? Fault { get; set; }

    /// <summary>Timestamp of the upstream's response headers; 0 when there were none.</summary>
    public long ResponseStarted { get; set; }

    /// <summary>Body bytes that came from the upstream.</summary>
    public long ResponseBytes { get; set; }

    public ClosedBy ClosedBy { get; set; }

    /// <summary>Cancelled when event streams end because the client stops.</summary>
    public CancellationToken StreamsEnd { get; set; }

    /// <summary>Whether the response was an event stream that ended so.</summary>
    public bool EndedByStop { get; set; }

    /// <summary>Runs until the upstream's response headers are there.</summary>
    public ResponseTimer? Timer { get; set; }
}
