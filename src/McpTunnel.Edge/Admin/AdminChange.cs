using McpTunnel.Edge.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Admin;

internal static class AdminChange
{
    /// <summary>Logs a change that was made, with who made it.</summary>
    public static void Changed(this ILogger logger, HttpContext context, string action, string target, int links)
    {
        var actor = context.Actor();
        logger.AdminChanged(actor.Name, actor.Id, actor.Address, action, target, links);
    }
}
