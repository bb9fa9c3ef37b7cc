using McpTunnel.Client.Calls;
using Microsoft.AspNetCore.Http;

namespace McpTunnel.Client.SelfCalls;

/// <summary>
/// Answers a client's call to itself before anything else sees it: it is no agent's call, so it is not in the access log. TRACE, which no server of this tunnel ever gets, and a header make it
/// one. Anybody may send that and learns nothing from the answer, which is the same for everybody.
/// </summary>
internal sealed class SelfCallMiddleware(RequestDelegate next, SelfCallBook book)
{
    /// <summary>Carries the number of the call.</summary>
    public const string Header = "Mcptunnel-Self-Call";

    public Task InvokeAsync(HttpContext context)
    {
        var link = context.Features.GetTunnelConnection()?.Stream.Link;
        if (link is not null)
        {
            book.RequestArrived(link);
        }

        if (!HttpMethods.IsTrace(context.Request.Method) || context.Request.Headers[Header] is not [{ } number])
        {
            return next(context);
        }

        if (link is not null)
        {
            book.Arrived(number, link);
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
