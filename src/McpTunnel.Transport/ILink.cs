using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Control.Messages;

namespace McpTunnel.Transport;

/// <summary>
/// One authenticated outer connection between a client and an edge node, after a successful handshake.
/// The same above every carrier. All members are thread-safe.
/// </summary>
public interface ILink : IAsyncDisposable
{
    LinkIdentity Identity { get; }

    Carrier Carrier { get; }

    LinkState State { get; }

    /// <summary>Streams open now, without the control stream.</summary>
    int StreamCount { get; }

    /// <summary>The last measured round trip; null before the first measurement.</summary>
    TimeSpan? RoundTripTime { get; }

    /// <summary>How it carries at the moment.</summary>
    LinkVitals Vitals { get; }

    /// <summary>Asks for a round trip now, unless an answer is owed already.</summary>
    void MeasureRoundTrip();

    /// <summary>How long the peer has not been heard, by a clock that nobody sets.</summary>
    TimeSpan Silence { get; }

    /// <summary>When the peer was last heard.</summary>
    DateTimeOffset LastSeen { get; }

    /// <summary>Stream payload received since the link began, in bytes.</summary>
    long BytesReceived { get; }

    /// <summary>Stream payload sent since the link began, in bytes.</summary>
    long BytesSent { get; }

    /// <summary>How much its streams have waited for the peer, in this side's direction.</summary>
    LinkStalls Stalls { get; }

    /// <summary>Completes, never faults, when the link is gone and all its streams have been failed.</summary>
    Task<LinkClosure> Closed { get; }

    /// <summary>The servers the client announced; at the client itself, its own list. Lower case.</summary>
    IReadOnlyList<string> Servers { get; }

    /// <summary>Other nodes at which the edge takes this client's links, as its welcome named them; none at the edge's end.</summary>
    IReadOnlyList<OtherNode> OtherNodes { get; }

    /// <summary>Completes when the edge asks this client to move its work elsewhere; never at the edge's end.</summary>
    Task<DrainNotice> DrainRequested { get; }

    /// <summary>Completes, never faults, once the client has been welcomed, or never will be: no stream is opened before. At the client's end, at once.</summary>
    Task Welcomed { get; }

    /// <summary>
    /// Opens a stream (edge side). Returns at once without a round trip: the peer learns of the stream with its
    /// first bytes.
    /// </summary>
    /// <exception cref="LinkUnavailableException">The link is not up yet, draining, closed, or at its stream limit.</exception>
    ILinkStream OpenStream();

    /// <summary>Waits for a stream that the peer opened (client side); null once the link is closed.</summary>
    ValueTask<ILinkStream?> AcceptStreamAsync(CancellationToken cancellationToken);

    /// <summary>Cancelled once the link takes no new streams: it drains, whoever began that, or it is gone.</summary>
    CancellationToken Draining { get; }

    /// <summary>Marks the link as draining and tells the peer; streams in flight go on. Idempotent.</summary>
    /// <param name="code">Why.</param>
    /// <param name="reason">Why, for a person.</param>
    /// <param name="notice">At the edge's end: when the client should have its replacement, and how long its streams may go on; at once and half a minute when null.</param>
    void BeginDrain(TunnelCode code, string reason, DrainNotice? notice = null);

    /// <summary>Tells the edge the whole new list of servers (client side).</summary>
    ValueTask AnnounceAsync(IReadOnlyList<string> servers, CancellationToken cancellationToken);

    /// <summary>Ends the link at once, telling the peer why if it still listens. Idempotent.</summary>
    ValueTask CloseAsync(TunnelCode code, string detail);
}
