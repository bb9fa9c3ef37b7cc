using McpTunnel.Protocol.Codes;

namespace McpTunnel.Protocol.ClientHello;

/// <summary>What the bytes received so far are. Every value but <see cref="NeedMore"/> is final.</summary>
public enum ClientHelloStatus
{
    /// <summary>A valid beginning; read more bytes and ask again.</summary>
    NeedMore,

    /// <summary>A whole ClientHello with a server name.</summary>
    Complete,

    /// <summary>Not TLS at all: plain HTTP, SSH, an SSLv2-style hello. No alert would be understood.</summary>
    NotTls,

    /// <summary>A whole, valid ClientHello that names no server.</summary>
    NoServerName,

    /// <summary>TLS, but not a ClientHello that RFC 8446 allows, or a server name that is no DNS name.</summary>
    Malformed,

    /// <summary>Longer than <see cref="ClientHelloReader.MaxMessageLength"/> or <see cref="ClientHelloReader.MaxBytes"/>.</summary>
    TooLarge,
}

/// <summary>Maps a <see cref="ClientHelloStatus"/> to the closed vocabulary of refusals.</summary>
public static class ClientHelloStatusExtensions
{
    /// <summary>The code of a failure; null for <see cref="ClientHelloStatus.NeedMore"/> and <see cref="ClientHelloStatus.Complete"/>.</summary>
    public static TunnelCode? ToCode(this ClientHelloStatus status) => status switch
    {
        ClientHelloStatus.NotTls => TunnelCode.NotTls,
        ClientHelloStatus.NoServerName => TunnelCode.NoServerName,
        ClientHelloStatus.Malformed => TunnelCode.ClientHelloMalformed,
        ClientHelloStatus.TooLarge => TunnelCode.ClientHelloTooLarge,
        _ => null,
    };
}
