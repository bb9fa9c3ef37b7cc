using McpTunnel.Protocol.Codes;
using McpTunnel.Registry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Api;

/// <summary>Turns what a handler threw into a problem document, so that every refusal of the API has a code.</summary>
internal sealed class ApiFilter(ILogger<ApiFilter> logger) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (ApiException exception)
        {
            return ApiResults.Problem(context.HttpContext, exception);
        }
        catch (RegistryException exception)
        {
            return ApiResults.Problem(context.HttpContext, ApiResults.From(exception));
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !context.HttpContext.RequestAborted.IsCancellationRequested)
        {
            logger.CallFailed(exception, context.HttpContext.Request.Method, context.HttpContext.Request.Path);
            return ApiResults.Problem(TunnelCode.InternalError, "The edge could not do this now; its log says why. Try again later.");
        }
    }
}
