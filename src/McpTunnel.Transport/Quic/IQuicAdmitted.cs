namespace McpTunnel.Transport.Quic;

/// <summary>A connection that was let in; disposed when it is gone.</summary>
public interface IQuicAdmitted : IDisposable
{
    /// <summary>The handshake is over: the address is real, and its certificate is one of ours.</summary>
    void HandshakeDone();
}
