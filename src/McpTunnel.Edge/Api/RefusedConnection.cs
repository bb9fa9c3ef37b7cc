using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace McpTunnel.Edge.Api;

/// <summary>
/// A connection on which a stranger's call was refused. Each costs its connection, of which the edge limits how many a source may make, and is one line in the log: also when
/// HTTP/2 brought a hundred calls at once.
/// </summary>
internal static class RefusedConnection
{
    private static readonly object Said = new();

    /// <summary>Ends the connection after this answer. True the first time on a connection, when the refusal is to be logged.</summary>
    public static bool Close(HttpContext context)
    {
        context.Connection.RequestClose();
        if (context.Features.Get<IConnectionItemsFeature>()?.Items is not { } items)
        {
            return true;
        }

        // Calls of one HTTP/2 connection run beside each other.
        lock (items)
        {
            return items.TryAdd(Said, true);
        }
    }
}
