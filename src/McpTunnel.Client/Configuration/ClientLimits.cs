namespace McpTunnel.Client.Configuration;

/// <summary>Bounds that nobody needs to change.</summary>
internal static class ClientLimits
{
    /// <summary>Servers behind one client: more than a perimeter has, few enough to show on one status page.</summary>
    public const int MaxServers = 1000;

    /// <summary>Entries of a list inside one server.</summary>
    public const int MaxListItems = 64;
}
