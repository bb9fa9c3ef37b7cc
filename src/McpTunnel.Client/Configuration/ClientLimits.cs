using McpTunnel.Protocol.Control;

namespace McpTunnel.Client.Configuration;

/// <summary>Bounds that nobody needs to change.</summary>
internal static class ClientLimits
{
    /// <summary>Servers behind one client: as many as its hello can name.</summary>
    public const int MaxServers = ControlLimits.MaxServers;

    /// <summary>Entries of a list inside one server.</summary>
    public const int MaxListItems = 64;
}
