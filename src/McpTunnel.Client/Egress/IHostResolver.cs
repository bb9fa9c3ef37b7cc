using System.Net;

namespace McpTunnel.Client.Egress;

/// <summary>Turns host names into addresses. Replaced in tests whose answers change.</summary>
public interface IHostResolver
{
    /// <summary>All addresses of <paramref name="host"/>, in the resolver's order.</summary>
    Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken);
}
