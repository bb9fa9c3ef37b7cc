using System.Net;
using System.Net.Security;
using McpTunnel.Transport.Handshake;
using McpTunnel.Transport.Tls;

namespace McpTunnel.Transport.Quic;

/// <summary>What an edge's QUIC listener needs.</summary>
public sealed record QuicLinkListenerOptions
{
    /// <summary>The UDP address to listen on; <c>[::]</c> takes IPv4 too. Port 0 takes any free port.</summary>
    public required IPEndPoint EndPoint { get; init; }

    /// <summary>This end of links.</summary>
    public required LinkServerOptions Server { get; init; }

    /// <summary>Judges hellos and files links.</summary>
    public required ILinkAuthorizer Authorizer { get; init; }

    /// <summary>
    /// TLS for a name that a client asks for, empty when it asks for none; null refuses. It has to demand a client certificate and to judge it. The
    /// application protocol is set here.
    /// </summary>
    public required Func<string, SslServerAuthenticationOptions?> ChooseTls { get; init; }

    /// <summary>Lets connections in.</summary>
    public required IQuicAdmission Admission { get; init; }

    /// <summary>Handshakes under way at a time; more are refused by QUIC itself. 4,096.</summary>
    public int Handshakes { get; init; } = 4096;
}
