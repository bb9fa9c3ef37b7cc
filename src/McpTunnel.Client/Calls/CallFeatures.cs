using McpTunnel.Transport.Kestrel;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace McpTunnel.Client.Calls;

/// <summary>
/// Finds what belongs to a request. Each step does, so it is asked for by type: the generic way to the same answer is dispatched at run time, each time.
/// </summary>
internal static class CallFeatures
{
    /// <summary>The call that the outermost step began.</summary>
    public static Call GetCall(this HttpContext context) =>
        (Call?)context.Features[typeof(Call)] ?? throw new InvalidOperationException("The step that begins the call has not run.");

    /// <summary>Where the agent's connection came from; null for one that did not come through a link.</summary>
    public static ITunnelConnectionFeature? GetTunnelConnection(this IFeatureCollection features) => (ITunnelConnectionFeature?)features[typeof(ITunnelConnectionFeature)];
}
