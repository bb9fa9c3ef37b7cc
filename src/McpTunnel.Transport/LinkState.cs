namespace McpTunnel.Transport;

/// <summary>Where a link is in its life. It only ever moves downwards in this list.</summary>
public enum LinkState
{
    /// <summary>Welcomed by the edge; takes new streams.</summary>
    Active,

    /// <summary>Streams in flight run to their end; new ones go elsewhere.</summary>
    Draining,

    /// <summary>Gone, with all its streams.</summary>
    Closed,
}
