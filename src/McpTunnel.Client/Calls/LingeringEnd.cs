using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace McpTunnel.Client.Calls;

/// <summary>
/// An HTTP/2 connection that ends from this side stays open for a moment behind its GOAWAY, until the agent has read it and closes (RFC 9113 section 6.8). Kestrel closes at once: a call that the agent is just
/// sending then meets a closed connection instead of the GOAWAY that lets it go elsewhere, and is lost.
/// </summary>
internal static class LingeringEnd
{
    /// <summary>For an agent that does not close: some round trips.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    /// <summary>For Kestrel's connections, TLS ended; closer to TLS than anything that looks at calls.</summary>
    public static Func<ConnectionDelegate, ConnectionDelegate> Keep(TimeProvider time) => next => async connection =>
    {
        var isHttp2 = connection.Features.Get<ISslStreamFeature>()?.SslStream.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2;
        await next(connection);
        if (isHttp2)
        {
            await Task.WhenAny(Task.Delay(Longest, time, connection.ConnectionClosed));
        }
    };
}
