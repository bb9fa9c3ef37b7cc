using System.Net;

namespace McpTunnel.Transport.Kestrel;

/// <summary>The Kestrel end point whose connections are streams of links: <c>kestrel.Listen(new LinkEndPoint(), …)</c>.</summary>
public sealed class LinkEndPoint : EndPoint
{
    public override string ToString() => "link://";
}
