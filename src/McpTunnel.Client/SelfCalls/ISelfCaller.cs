using McpTunnel.Transport;

namespace McpTunnel.Client.SelfCalls;

/// <summary>Calls this client as an agent does.</summary>
internal interface ISelfCaller
{
    /// <summary>Makes one call, on a connection of its own. Fails only when cancelled.</summary>
    /// <param name="link">The call goes to the edge node that has this link. Which link it comes back through is the edge's choice.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task<SelfCallOutcome> CallAsync(ILink link, CancellationToken cancellationToken);
}
