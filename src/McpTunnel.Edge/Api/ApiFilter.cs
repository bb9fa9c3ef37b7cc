using McpTunnel.Protocol.Codes;
using McpTunnel.Registry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Api;

/// <summary>
/// Turns what a handler threw into a problem document, so that every refusal of the API has a code; and lets nobody change anything here once
/// another process of this node has taken over.
/// </summary>
internal sealed class ApiFilter(ChangeGate changes, ILogger<ApiFilter> logger) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var changing = !HttpMethods.IsGet(context.HttpContext.Request.Method);
        if (changing && !changes.TryEnter())
        {
            context.HttpContext.Connection.RequestClose();
            return ApiResults.Problem(
                context.HttpContext,
                new ApiException(TunnelCode.EdgeDraining, "Another process of this edge is taking over. The same call works there in a moment.", retryAfter: TimeSpan.FromSeconds(1)));
        }

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
            if (exception.Fault == RegistryFault.NotWritable)
            {
                logger.CallFailed(exception, context.HttpContext.Request.Method, context.HttpContext.Request.Path);
            }

            return ApiResults.Problem(context.HttpContext, ApiResults.From(exception));
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !context.HttpContext.RequestAborted.IsCancellationRequested)
        {
            logger.CallFailed(exception, context.HttpContext.Request.Method, context.HttpContext.Request.Path);
            return ApiResults.Problem(TunnelCode.InternalError, "The edge could not do this now; its log says why. Try again later.");
        }
        finally
        {
            if (changing)
            {
                changes.Leave();
            }
        }
    }
}
