using System.Net;

namespace McpTunnel.Edge.Ingress.OwnNames;

/// <summary>The Kestrel end point whose connections the ingress hands over: those that name the edge itself.</summary>
internal sealed class OwnNameEndPoint : EndPoint
{
    /// <inheritdoc/>
    public override string ToString() => "ingress://own-names";
}
