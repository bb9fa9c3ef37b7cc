namespace McpTunnel.Client.Enrolment;

/// <summary>Why an enrolment did not come about.</summary>
public enum EnrolmentFault
{
    /// <summary>The address of the edge is not <c>https://name[:port]</c>.</summary>
    AddressInvalid,

    /// <summary>The text given as a token is not one, or was cut off or mistyped.</summary>
    TokenMalformed,

    /// <summary>The edge's name does not resolve, or nothing answers there.</summary>
    Unreachable,

    /// <summary>The edge's certificate is of an authority that is not trusted, expired, or otherwise not good.</summary>
    CertificateNotTrusted,

    /// <summary>The certificate is good, but for another name.</summary>
    NameMismatch,

    /// <summary>TLS failed before a certificate was seen.</summary>
    TlsFailed,

    /// <summary>The proxy on the way asks for credentials, or does not let the call through.</summary>
    ProxyRefused,

    /// <summary>The edge said no; <see cref="EnrolmentException.Code"/> says why.</summary>
    Refused,

    /// <summary>Whoever answered is no edge, or a broken one.</summary>
    AnswerInvalid,
}
