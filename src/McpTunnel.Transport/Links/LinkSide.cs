namespace McpTunnel.Transport.Links;

/// <summary>Which end of a link this is: one process may have both, as the demo does.</summary>
internal enum LinkSide
{
    Edge,
    Client,
}
