using McpTunnel.Protocol.Codes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace McpTunnel.Edge.Api;

internal static class ApiProblems
{
    /// <summary>
    /// Gives the refusals of routing, which have no body, a problem document too: a path that is not there, a method or content type
    /// that it does not take. Answers with a body of their own pass. Before the endpoints.
    /// </summary>
    public static IApplicationBuilder UseApiProblems(this IApplicationBuilder app) => app.UseStatusCodePages(pages =>
    {
        var status = pages.HttpContext.Response.StatusCode;
        var (code, detail) = status switch
        {
            StatusCodes.Status404NotFound => (TunnelCode.NotFound, "There is nothing at this path. /v1/openapi.json describes every call."),
            StatusCodes.Status405MethodNotAllowed => (TunnelCode.RequestMalformed, "This path does not take this method; the header Allow says which it takes."),
            StatusCodes.Status415UnsupportedMediaType => (TunnelCode.RequestMalformed, "Send a body with Content-Type: application/json."),
            >= 500 => (TunnelCode.InternalError, "The edge could not do this now; its log says why. Try again later."),
            _ => (TunnelCode.RequestMalformed, "/v1/openapi.json describes every call."),
        };
        return ApiResults.Problem(code, detail, status).ExecuteAsync(pages.HttpContext);
    });
}
