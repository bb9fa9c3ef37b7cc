namespace McpTunnel.Protocol.Codes;

/// <summary>
/// Every reason for which a link, a stream or a call is refused or closed. A closed vocabulary: the wire
/// name, whether a client may try again, and the HTTP status are data in <see cref="TunnelCodes"/>, and each
/// code has a heading in <c>docs/troubleshooting.md</c>.
/// </summary>
public enum TunnelCode
{
    // Registration of a link, seen by the client.
    UnknownTunnel,
    TunnelArchived,
    TokenInvalid,
    TokenExpired,
    TokenRevoked,
    CertificateRequired,
    CertificateInvalid,
    CertificateExpired,
    CertificateRevoked,
    IdentityMismatch,
    VersionUnsupported,
    UpgradeRequired,
    HelloInvalid,
    HelloTimeout,
    TooManyLinks,
    RateLimited,
    EdgeDraining,
    EdgeOverloaded,

    // Closing of a live link, seen by both sides.
    Replaced,
    Shutdown,
    PeerDead,
    ProtocolError,
    FlowControlError,
    MessageTooLong,
    TransportError,
    InternalError,

    // A stranger or an agent at the edge's port; answered with a TLS alert, since the edge cannot read the call.
    NotTls,
    NoServerName,
    ClientHelloMalformed,
    ClientHelloTooLarge,
    ClientHelloTimeout,
    UnknownName,
    NoLink,
    StreamLimit,
    SourceLimit,
    StreamOpenFailed,

    // A call at the boundary; answered with an HTTP problem document.
    ProxyHeaderMalformed,
    Misdirected,
    RequestMalformed,
    PathNotExposed,
    OriginNotAllowed,
    AuthenticationRequired,
    AuthenticationUnavailable,
    InvalidToken,
    InsufficientScope,
    RequestBodyTooLarge,
    UpstreamAddressForbidden,
    UpstreamUnreachable,
    UpstreamTimeout,
    UpstreamFailed,

    // An API call at the edge: enrolment and administration.
    SigningRequestInvalid,
    KeyNotAccepted,
    AdminKeyInvalid,
    AdminKeyForbidden,
    NotFound,
    LabelTaken,
    LabelInvalid,
    LastAdministrator,
}
