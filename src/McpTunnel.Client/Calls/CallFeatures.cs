using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace McpTunnel.Client.Calls;

/// <summary>Finds the call of a request.</summary>
internal static class CallFeatures
{
    /// <summary>The call that the outermost step began.</summary>
    public static Call GetCall(this HttpContext context) => context.Features.GetRequiredFeature<Call>();
}
