using System.Collections.Frozen;

namespace McpTunnel.Client.Forwarding;

/// <summary>Which header lines do not pass. Everything else does, unknown ones included.</summary>
internal static class HeaderRules
{
    // RFC 9110 section 7.6.1 and its predecessors: about one connection, not about the message.
    private static readonly string[] HopByHop =
        ["Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Transfer-Encoding", "Upgrade"];

    private static readonly FrozenSet<string> NotForUpstreams = HopByHop
        .Concat(
        [
            // Written anew for the upstream's connection.
            "Host",

            // The caller's token is for this boundary and goes no further.
            "Authorization",

            // Claims about who is calling that only we may make.
            "Forwarded", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "X-Original-Host", "X-Original-For", "X-Original-Proto", "X-Original-URL", "X-Rewrite-URL",
            "True-Client-IP", "CF-Connecting-IP", "Fastly-Client-IP",
        ])
        .ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    // Names another address of the upstream, which agents cannot reach.
    private static readonly FrozenSet<string> NotForAgents = HopByHop.Append("Alt-Svc").ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static bool PassesToUpstream(string name)
    {
        // To servers behind a CGI-like interface (WSGI, Rack, PHP) the two are one: X_Forwarded_For would say what X-Forwarded-For may not.
        var read = name.Contains('_') ? name.Replace('_', '-') : name;
        return !NotForUpstreams.Contains(read) && !read.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) && !read.StartsWith(':');
    }

    public static bool PassesToAgent(string name) => !NotForAgents.Contains(name);
}
