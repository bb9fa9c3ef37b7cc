namespace McpTunnel.Transport.Links;

/// <summary>Names of <see cref="LinkSide"/> in metrics; never changed.</summary>
internal static class LinkSides
{
    public static string WireName(this LinkSide side) => side == LinkSide.Edge ? "edge" : "client";
}
