using System.Runtime.CompilerServices;
using McpTunnel.Client.Calls;
using McpTunnel.Transport.Kestrel;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace McpTunnel.Client.Refusals;

/// <summary>
/// How many refusals one connection gets before its caller is known. A stranger's request costs him a few dozen bytes and us a log line
/// ten times as long, and memory for each answer that he does not read: after so many he has to come back through the edge, which
/// limits how often he may. Thread-safe.
/// </summary>
internal static class RefusalBudget
{
    /// <summary>More than an agent needs to find its token, its path and its version.</summary>
    public const int PerConnection = 32;

    private static readonly ConditionalWeakTable<ITunnelConnectionFeature, StrongBox<int>> Spent = [];

    /// <summary>Counts one; the connection takes no new requests after the last.</summary>
    public static void Spend(HttpContext context, Call call)
    {
        if (call.Caller is null
            && call.Connection is { } connection
            && Interlocked.Increment(ref Spent.GetOrCreateValue(connection).Value) >= PerConnection)
        {
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
    }
}
