namespace McpTunnel.Edge.Hosting;

/// <summary>Marks connections of the management listener, so that its endpoints and the public ones never mix.</summary>
internal sealed class ManagementConnection
{
    public static readonly ManagementConnection Instance = new();
}
