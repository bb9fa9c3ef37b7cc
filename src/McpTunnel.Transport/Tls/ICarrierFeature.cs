namespace McpTunnel.Transport.Tls;

/// <summary>A connection that serves requests until one of them turns it into a link.</summary>
public interface ICarrierFeature
{
    /// <summary>
    /// From now on the connection carries a link: what waits for its bytes never blocks, and may run on the thread that brings them.
    /// </summary>
    void BecomeLink();
}
