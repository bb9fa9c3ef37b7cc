using System.Globalization;
using McpTunnel.Cli.Demo.Agents;
using McpTunnel.Cli.Demo.Hops;

namespace McpTunnel.Cli.Demo.Once;

/// <summary>
/// Puts the records of all hops together into one call: the agent's own port leads to the edge's connection id, and that to the line in
/// the boundary's access log.
/// </summary>
internal sealed class HopTrace(HopLogs hops, TimeProvider time)
{
    /// <summary>A hop writes its record when the answer has passed it, which may be a moment after the agent has it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    /// <summary>Calls in the boundary's access log so far.</summary>
    public int CallsLogged => hops.Client.Events.Count(IsPost);

    /// <summary>Requests that the sample server has answered so far.</summary>
    public int UpstreamRequests => hops.Upstream.Count(IsPost);

    /// <summary>Describes the newest POST: what each hop did with it.</summary>
    /// <param name="connection">The agent's connection.</param>
    /// <param name="exchange">The agent's exchange.</param>
    /// <param name="elapsed">As long as the agent waited.</param>
    /// <param name="loggedBefore"><see cref="CallsLogged"/> before the call.</param>
    /// <param name="upstreamBefore"><see cref="UpstreamRequests"/> before the call.</param>
    /// <param name="hasSample">Whether the upstream is the sample server, which can be asked.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<IReadOnlyList<HopReport>> DescribeAsync(
        AgentConnection connection, AgentExchange exchange, TimeSpan elapsed, int loggedBefore, int upstreamBefore, bool hasSample, CancellationToken cancellationToken)
    {
        var deadline = time.GetTimestamp();
        while ((CallsLogged <= loggedBefore || (hasSample && UpstreamRequests <= upstreamBefore)) && time.GetElapsedTime(deadline) < Patience)
        {
            await Task.Delay(Step, time, cancellationToken);
        }

        var logged = hops.Client.Events.Where(IsPost).ElementAtOrDefault(loggedBefore);
        var upstream = hasSample ? hops.Upstream.Where(IsPost).ElementAtOrDefault(upstreamBefore) : null;

        // A hop's record ends with its response, the agent's with the one event it waited for: no hop's part is more than the whole.
        var total = elapsed.TotalMilliseconds;
        var atBoundary = Number(logged, "Milliseconds") is { } boundary ? Math.Min(boundary, total) : (double?)null;
        var atUpstream = upstream is null ? (double?)null : Math.Min(upstream.Elapsed.TotalMilliseconds, atBoundary ?? total);
        return
        [
            Agent(connection, exchange),
            Edge(connection, total - atBoundary),
            Client(logged, atBoundary - (atUpstream ?? 0), atUpstream is not null),
            Upstream(upstream, atUpstream),
        ];
    }

    private static HopReport Agent(AgentConnection connection, AgentExchange exchange) => new(
        "agent",
        $"{exchange.Request} → {exchange.Status} over {connection.Alpn}, {connection.TlsVersion}; once: TCP {Milliseconds(connection.Connect)}, TLS with {connection.ServerName} {Milliseconds(connection.Handshake)}",
        null,
        $"everything; a certificate by {Name(connection.CertificateIssuer)}");

    private HopReport Edge(AgentConnection connection, double? milliseconds)
    {
        var opened = hops.Edge.Events.LastOrDefault(e => e.Id == HopEvents.StreamOpened && e["RemoteAddress"] == connection.Local);
        return opened is null
            ? new("edge", "no record", milliseconds, "-")
            : new(
                "edge",
                $"passed the connection down link {opened["LinkId"]} as stream {opened["StreamId"]}, still encrypted",
                milliseconds,
                $"the name {opened["ServerName"]}, the address {opened["RemoteAddress"]}, sizes and times. Not the request, the token, the tool or the answer");
    }

    private static HopReport Client(HopEvent? logged, double? milliseconds, bool withoutUpstream) => logged is null
        ? new("client", "no record", null, "-")
        : new(
            "client",
            $"ended TLS, checked the token, forwarded {logged["Method"]} {logged["Path"]}{(withoutUpstream ? "" : " and waited for the answer")} → {logged["Status"]}",
            milliseconds,
            $"everything; wrote down server {logged["Server"]}, caller {logged["CallerKind"]}, client {logged["ClientId"]}, sizes, connection {logged["ConnectionId"]}");

    private static HopReport Upstream(UpstreamRequest? request, double? milliseconds) => request is null
        ? new("upstream", "answered", null, "the request without the agent's token")
        : new(
            "upstream",
            $"{request.Request} → {request.Status}",
            milliseconds,
            $"the request{(request.HasAuthorization ? " WITH THE AGENT'S TOKEN" : " without the agent's token")}, from {request.ForwardedFor}");

    private static bool IsPost(HopEvent e) => e.Id == HopEvents.Call && e["Method"] == "POST";

    private static bool IsPost(UpstreamRequest request) => request.Request.StartsWith("POST ", StringComparison.Ordinal);

    private static double? Number(HopEvent? e, string name) =>
        e is not null && double.TryParse(e[name], CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Milliseconds(TimeSpan elapsed) => string.Create(CultureInfo.InvariantCulture, $"{elapsed.TotalMilliseconds:0.0} ms");

    private static string Name(string distinguishedName) => distinguishedName.StartsWith("CN=", StringComparison.Ordinal) ? distinguishedName[3..] : distinguishedName;
}
