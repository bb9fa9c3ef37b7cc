namespace McpTunnel.Certificates;

/// <summary>
/// Why a key, a certificate, a request or one of their files is not acceptable. A closed vocabulary for status, metrics and tests;
/// the words for a person are in <see cref="CertificateException"/>.
/// </summary>
public enum CertificateFault
{
    /// <summary>There is no such file.</summary>
    FileMissing,

    /// <summary>The file exists but cannot be read.</summary>
    FileUnreadable,

    /// <summary>A directory, device, pipe or socket where a regular file belongs, or a link where a file is to be written.</summary>
    NotARegularFile,

    /// <summary>A secret file that others on the machine may read or write.</summary>
    PermissionsTooLoose,

    /// <summary>The file is longer than the limit for its kind.</summary>
    TooLarge,

    /// <summary>The file has nothing in it.</summary>
    Empty,

    /// <summary>Not what it should be: cut off in the middle, not PEM, not a certificate, not a key.</summary>
    Malformed,

    /// <summary>A file of that name is already there and must not be replaced.</summary>
    AlreadyExists,

    /// <summary>The file could not be written: no space, no permission, read-only file system.</summary>
    WriteFailed,

    /// <summary>Another process uses the directory.</summary>
    InUse,

    /// <summary>The private key is not the one of the certificate.</summary>
    KeyMismatch,

    /// <summary>The key's type is not one that is accepted here.</summary>
    KeyNotAccepted,

    /// <summary>The key is of an accepted type but too short.</summary>
    KeyTooWeak,

    /// <summary>A signature does not verify.</summary>
    SignatureInvalid,

    /// <summary>The validity has ended.</summary>
    Expired,

    /// <summary>The validity has not begun.</summary>
    NotYetValid,

    /// <summary>The certificate is not issued by an authority that is trusted here.</summary>
    NotTrusted,

    /// <summary>The certificate may not be used for this purpose (extended key usage, basic constraints).</summary>
    WrongUsage,

    /// <summary>A name that the authority does not issue, or that is no DNS name.</summary>
    NameNotAllowed,
}
