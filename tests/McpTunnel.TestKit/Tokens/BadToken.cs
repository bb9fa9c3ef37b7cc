namespace McpTunnel.TestKit.Tokens;

/// <summary>Every way in which an access token can be unacceptable. Each but the named defect would be a good token.</summary>
public enum BadToken
{
    /// <summary>Signed by the right key, but <c>iss</c> names somebody else.</summary>
    WrongIssuer,

    /// <summary>For another server.</summary>
    WrongAudience,

    /// <summary>For nobody: no <c>aud</c> at all.</summary>
    NoAudience,

    /// <summary>Expired an hour ago.</summary>
    Expired,

    /// <summary>Valid from an hour in the future.</summary>
    NotYetValid,

    /// <summary>No <c>exp</c>: valid for ever.</summary>
    NoExpiry,

    /// <summary>Signed by the right key, but as a token of another kind (RFC 8725 section 3.11).</summary>
    WrongType,

    /// <summary>Says that an extension must be understood which nobody knows (RFC 7515 section 4.1.11).</summary>
    CriticalExtension,

    /// <summary><c>alg: none</c> and no signature.</summary>
    AlgorithmNone,

    /// <summary>HS256 with a random secret.</summary>
    Hmac,

    /// <summary>HS256 with the bytes of the issuer's public key as the secret: the classic confusion of algorithms.</summary>
    HmacWithPublicKey,

    /// <summary>Signed by a key whose <c>kid</c> the issuer does not publish.</summary>
    UnknownKey,

    /// <summary>Carries the issuer's <c>kid</c>, but another key signed.</summary>
    ForgedSignature,

    /// <summary>Right signature, but over other claims.</summary>
    ChangedClaims,

    /// <summary>Bound to a key of its holder (<c>cnf</c>, RFC 7800), and sent as if it were not.</summary>
    Bound,

    /// <summary>Header and claims without the third part.</summary>
    Truncated,

    /// <summary>Not a token at all.</summary>
    Garbage,
}
