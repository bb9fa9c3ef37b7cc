using McpTunnel.Client.Calls;
using McpTunnel.Client.Refusals;
using McpTunnel.Client.Telemetry;
using Microsoft.AspNetCore.Http;

namespace McpTunnel.Client.Authentication;

/// <summary>Steps 3 and 4: nobody passes without being a <see cref="Caller"/>.</summary>
internal sealed class AuthenticationMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var call = context.GetCall();
        var pending = call.Server!.Authenticator.AuthenticateAsync(context.Request, call.Target.AsMemory(call.PathLength), context.RequestAborted);
        return pending.IsCompletedSuccessfully ? ContinueAsync(context, call, pending.Result) : WaitAsync(context, call, pending);
    }

    private async Task WaitAsync(HttpContext context, Call call, ValueTask<AuthenticationResult> pending) =>
        await ContinueAsync(context, call, await pending);

    private Task ContinueAsync(HttpContext context, Call call, AuthenticationResult result)
    {
        ClientMetrics.Authenticated(call.Server!.Name, result);
        if (result.Caller is { } caller)
        {
            call.Caller = caller;
            call.Newcomer?.Accept();
            return next(context);
        }

        call.Fault = result.Fault;
        if (result.Challenge is not null)
        {
            context.Response.Headers.WWWAuthenticate = result.Challenge;
        }

        return Refusal.WriteAsync(context, result.Code, result.Detail);
    }
}
