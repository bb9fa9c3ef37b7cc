using McpTunnel.Client.Calls;
using McpTunnel.Client.Refusals;
using McpTunnel.Client.Telemetry;
using McpTunnel.Protocol.Codes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.AccessLog;

/// <summary>
/// Step 13, access log: begins the call's record, and writes one line when it has ended. The line has no query, no header value and no body:
/// nothing in it is a secret or an argument.
/// </summary>
internal sealed class AccessLogMiddleware(RequestDelegate next, TimeProvider time, ILogger<AccessLogMiddleware> logger)
{
    /// <summary>Characters of a path in the log.</summary>
    private const int MaxPathLength = 200;

    public async Task InvokeAsync(HttpContext context)
    {
        var call = new Call(time.GetTimestamp(), context.Features.GetTunnelConnection());
        context.Features.Set(call);
        ClientMetrics.CallStarted();
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            call.ClosedBy = ClosedBy.Agent;
        }
        catch (Exception exception) when (exception is not BadHttpRequestException && !context.Response.HasStarted)
        {
            // A fault of ours: the agent gets an answer, the operator a stack trace. Of a bad request Kestrel knows the right status itself.
            AccessLog.Failed(logger, call.Server?.Name ?? "-", exception);
            context.Response.Clear();
            await Refusal.WriteAsync(context, TunnelCode.InternalError, "The tunnel client met a fault of its own. Its log has the details.");
        }
        finally
        {
            call.Server?.Upstream.Exit();
            var duration = time.GetElapsedTime(call.Started);
            ClientMetrics.CallEnded(call, context.Response.StatusCode, duration);
            if (logger.IsEnabled(LogLevel.Information))
            {
                Write(context, call, duration);
            }

            CountReset(context, call);
        }
    }

    /// <summary>After the call's own line, which every call has.</summary>
    private void CountReset(HttpContext context, Call call)
    {
        if (context.RequestAborted.IsCancellationRequested
            && call.ClosedBy is ClosedBy.Agent or ClosedBy.Boundary
            && HttpProtocol.IsHttp2(context.Request.Protocol)
            && ((AgentResets?)context.Features[typeof(AgentResets)])?.Add() == true)
        {
            AccessLog.TooManyResets(logger, call.Server?.Name ?? "-", call.Connection?.ConnectionId ?? "-", call.Connection?.EdgeNode ?? "-");
        }
    }

    private void Write(HttpContext context, Call call, TimeSpan duration)
    {
        var caller = call.Caller;
        var path = call.Path.Length > MaxPathLength ? call.Path[..MaxPathLength] : call.Path;
        AccessLog.Call(
            logger,
            call.Server?.Name ?? "-",
            context.Request.Method,
            path.ToString(),
            context.Response.StatusCode,
            call.Code is { } code ? code.WireName() : "-",
            caller?.Kind.ToString() ?? "-",
            caller?.SubjectHash ?? "-",
            caller?.ClientId ?? "-",
            context.Request.ContentLength ?? 0,
            call.ResponseBytes,
            duration.TotalMilliseconds,
            (call.ResponseStarted == 0 ? duration : time.GetElapsedTime(call.Started, call.ResponseStarted)).TotalMilliseconds,
            call.ClosedBy,
            call.Connection?.ConnectionId ?? "-",
            call.Connection?.EdgeNode ?? "-",
            call.Fault ?? "-");
    }
}
