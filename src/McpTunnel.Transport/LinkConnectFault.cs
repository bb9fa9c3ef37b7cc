namespace McpTunnel.Transport;

/// <summary>How far a dial got that ended without a link and without the edge's own refusal.</summary>
public enum LinkConnectFault
{
    /// <summary>None of the others.</summary>
    Other,

    /// <summary>The edge's name does not resolve.</summary>
    NameNotResolved,

    /// <summary>Nothing answered at the edge's address, or not in time.</summary>
    Unreachable,

    /// <summary>TLS failed before a certificate was judged.</summary>
    TlsFailed,

    /// <summary>The certificate shown is expired, of an authority that is not trusted, or otherwise not good.</summary>
    CertificateNotTrusted,

    /// <summary>The certificate shown is good, but for another name.</summary>
    NameMismatch,

    /// <summary>Something on the way ends TLS itself: mutual TLS cannot pass it, whatever the carrier.</summary>
    Intercepted,

    /// <summary>The proxy's name does not resolve, or nothing answers there, or its own TLS is not good.</summary>
    ProxyUnreachable,

    /// <summary>The proxy asks for credentials: there are none, or it does not accept them.</summary>
    ProxyAuthentication,

    /// <summary>The proxy does not let connections to the edge's host and port through.</summary>
    ProxyRefused,

    /// <summary>The request came through without its upgrade, or was answered by something that is no edge: another carrier may pass.</summary>
    UpgradeLost,
}
