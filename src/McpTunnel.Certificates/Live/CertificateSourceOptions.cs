using McpTunnel.Certificates.Files;

namespace McpTunnel.Certificates.Live;

/// <summary>Where a served certificate comes from and how often it is looked at.</summary>
public sealed record CertificateSourceOptions
{
    /// <summary>The chain in PEM form, end-entity certificate first.</summary>
    public required string CertificateFile { get; init; }

    /// <summary>The key of the first certificate, PEM, unencrypted.</summary>
    public required string KeyFile { get; init; }

    /// <summary>
    /// Time between two looks at the files; 2 s by default. A change is taken when two looks in a row saw the same content, so it
    /// is served within twice this time and never while a tool is still writing.
    /// </summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>What the key file's permissions must be; owner only by default.</summary>
    public FileProtection KeyProtection { get; init; } = FileProtection.OwnerOnly;
}
