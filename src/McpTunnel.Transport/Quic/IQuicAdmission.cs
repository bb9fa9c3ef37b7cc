using System.Net;

namespace McpTunnel.Transport.Quic;

/// <summary>Decides how many QUIC connections strangers may begin and keep. Thread-safe.</summary>
public interface IQuicAdmission
{
    /// <summary>
    /// A first packet from this address wants a connection; null refuses it. Nothing has shown yet that the packet comes from there.
    /// </summary>
    IQuicAdmitted? TryAdmit(IPAddress address);
}
