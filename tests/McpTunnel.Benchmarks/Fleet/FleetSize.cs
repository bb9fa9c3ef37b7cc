using McpTunnel.Transport;

namespace McpTunnel.Benchmarks.Fleet;

/// <summary>How large a fleet is.</summary>
/// <param name="Clients">Simulated clients, each with a tunnel, a token and a link certificate of its own.</param>
/// <param name="Links">Links of each client.</param>
/// <param name="Carrier">What they run on.</param>
internal sealed record FleetSize(int Clients, int Links, Carrier Carrier)
{
    public int AllLinks => Clients * Links;
}
