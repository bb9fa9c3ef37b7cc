using McpTunnel.Transport.Handshake;

namespace McpTunnel.Transport;

/// <summary>Brings up links over one carrier. Thread-safe.</summary>
public interface ILinkDialer
{
    Carrier Carrier { get; }

    /// <summary>Brings up one link.</summary>
    /// <exception cref="LinkRefusedException">The edge said no; the code says whether to try again.</exception>
    /// <exception cref="LinkConnectException">The edge was not reached; the message says how far it got and what to do.</exception>
    Task<ILink> DialAsync(LinkHello hello, CancellationToken cancellationToken);
}
