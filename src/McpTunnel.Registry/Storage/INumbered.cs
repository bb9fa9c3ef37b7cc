namespace McpTunnel.Registry.Storage;

/// <summary>What the database numbers in the order of making.</summary>
internal interface INumbered
{
    long Number { get; }
}
