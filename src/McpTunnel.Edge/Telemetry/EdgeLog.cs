using System.Net;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Telemetry;

/// <summary>The edge's events, 3000 to 3099, listed in <c>docs/events.md</c>. Ids are never reused.</summary>
internal static partial class EdgeLog
{
    [LoggerMessage(3000, LogLevel.Information, "Edge {Node} serves {Domain} on {Addresses}; health and metrics on {ManagementUrl}")]
    public static partial void EdgeStarted(this ILogger logger, string node, string domain, string addresses, string managementUrl);

    [LoggerMessage(3001, LogLevel.Information, "Edge {Node} stops: {Links} links told to leave, {Streams} streams have {Grace} to end")]
    public static partial void EdgeStopping(this ILogger logger, string node, int links, int streams, TimeSpan grace);

    [LoggerMessage(3002, LogLevel.Information, "Edge {Node} stopped; {Streams} streams were cut")]
    public static partial void EdgeStopped(this ILogger logger, string node, int streams);

    [LoggerMessage(3010, LogLevel.Warning, "Accepting connections on {Address} failed ({Error}); next try in {Delay}")]
    public static partial void AcceptFailed(this ILogger logger, Exception exception, string address, string error, TimeSpan delay);

    [LoggerMessage(3011, LogLevel.Information, "Accepting connections on {Address} works again after {Failures} failures")]
    public static partial void AcceptRecovered(this ILogger logger, string address, int failures);

    [LoggerMessage(3012, LogLevel.Warning, "This process may have {Files} files open, too few for the limits set: connections are taken up to {Connections} open files, {Pending} connections may be pending, a source may have {StreamsPerSource} streams, and callers of the API {Callers} connections. Raise it: LimitNOFILE= in the systemd unit, 'ulimit -n' in a shell")]
    public static partial void FewDescriptors(this ILogger logger, long files, long connections, int pending, int streamsPerSource, int callers);

    [LoggerMessage(3020, LogLevel.Debug, "Connection {ConnectionId} from {RemoteAddress} for {ServerName} refused: {Code}")]
    public static partial void ConnectionRefused(this ILogger logger, string connectionId, IPEndPoint remoteAddress, string serverName, string code);

    [LoggerMessage(3021, LogLevel.Debug, "Connection {ConnectionId} from {RemoteAddress} for {ServerName} goes through link {LinkId} as stream {StreamId}")]
    public static partial void StreamOpened(this ILogger logger, string connectionId, IPEndPoint remoteAddress, string serverName, string linkId, long streamId);

    [LoggerMessage(3022, LogLevel.Debug, "Connection {ConnectionId} through link {LinkId}, stream {StreamId}, ended: {Reason}; {BytesToClient} bytes to the client, {BytesToAgent} to the agent")]
    public static partial void StreamClosed(
        this ILogger logger, string connectionId, string linkId, long streamId, string reason, long bytesToClient, long bytesToAgent);

    [LoggerMessage(3023, LogLevel.Warning, "Link {LinkId} did not take connection {ConnectionId}: {Reason}")]
    public static partial void StreamOpenFailed(this ILogger logger, string linkId, string connectionId, string reason);

    [LoggerMessage(3024, LogLevel.Error, "Connection {ConnectionId} from {RemoteAddress} failed for a reason of our own")]
    public static partial void ConnectionFaulted(this ILogger logger, Exception exception, string connectionId, IPEndPoint remoteAddress);

    [LoggerMessage(3030, LogLevel.Information, "Tunnel {TunnelId}: link {LinkId} registered by instance {Instance}, index {LinkIndex}, generation {Generation}, from {RemoteAddress}, software {Software}")]
    public static partial void LinkRegistered(
        this ILogger logger, string tunnelId, string linkId, string instance, int linkIndex, long generation, string remoteAddress, string software);

    [LoggerMessage(3031, LogLevel.Information, "Tunnel {TunnelId}: link {LinkId} replaced by {NewLinkId}, generation {Generation}")]
    public static partial void LinkReplaced(this ILogger logger, string tunnelId, string linkId, string newLinkId, long generation);

    [LoggerMessage(3032, LogLevel.Information, "Tunnel {TunnelId}: link {LinkId} closed: {Code}: {Detail} (ended by the client: {ByPeer})")]
    public static partial void LinkClosed(this ILogger logger, string tunnelId, string linkId, string code, string detail, bool byPeer);

    [LoggerMessage(3033, LogLevel.Error, "Link {LinkId} could not be closed in order")]
    public static partial void LinkCloseFailed(this ILogger logger, Exception exception, string linkId);

    [LoggerMessage(3034, LogLevel.Warning, "Tunnel {TunnelId}: link of instance {Instance}, index {LinkIndex}, from {RemoteAddress} refused: {Code}: {Detail}")]
    public static partial void LinkRefused(this ILogger logger, string tunnelId, string instance, int linkIndex, string remoteAddress, string code, string detail);

    [LoggerMessage(3035, LogLevel.Information, "{Count} links told to close: {Code}: {Detail}")]
    public static partial void LinksClosed(this ILogger logger, int count, string code, string detail);

    [LoggerMessage(3036, LogLevel.Information, "Links over QUIC are taken on {Addresses} (UDP)")]
    public static partial void QuicStarted(this ILogger logger, string addresses);

    [LoggerMessage(3037, LogLevel.Information, "No links over QUIC here; clients use TCP. {Reason}")]
    public static partial void QuicAbsent(this ILogger logger, string reason);

    [LoggerMessage(3038, LogLevel.Warning, "No links over QUIC on {Address} (UDP), clients use TCP: {Reason} Mostly another program has this UDP port, or the system keeps the native library from starting; 'quic: false' leaves it alone.")]
    public static partial void QuicListenFailed(this ILogger logger, IPEndPoint address, string reason);

    [LoggerMessage(3050, LogLevel.Warning, "A link from {RemoteAddress}, certificate {Subject}, came to nothing: {Code}: {Detail}")]
    public static partial void LinkFailed(this ILogger logger, string remoteAddress, string subject, string code, string detail);

    [LoggerMessage(3051, LogLevel.Information, "A request for a link from {RemoteAddress}, without a certificate, was refused: {Code}: {Detail}")]
    public static partial void StrangerRefused(this ILogger logger, string remoteAddress, string code, string detail);

    [LoggerMessage(3052, LogLevel.Warning, "Tunnel {TunnelId}: link {LinkId} ended because its client broke the protocol: {Code}: {Detail}")]
    public static partial void LinkBroken(this ILogger logger, string tunnelId, string linkId, string code, string detail);

    [LoggerMessage(3040, LogLevel.Warning, "Not ready: {Check}: {Reason}")]
    public static partial void NotReady(this ILogger logger, string check, string reason);

    [LoggerMessage(3041, LogLevel.Information, "Ready again: {Check}")]
    public static partial void ReadyAgain(this ILogger logger, string check);

    [LoggerMessage(3042, LogLevel.Warning, "The certificate of the edge's own names ends {NotAfter:u}, in {Days:0.0} days; no link comes up then, and no client can enrol. Replace its two files: they are picked up live, without a restart. docs/operations/edge-certificate.md says how, also where clients trust the authority that 'edge init' made")]
    public static partial void CertificateEndsSoon(this ILogger logger, DateTimeOffset notAfter, double days);
}
