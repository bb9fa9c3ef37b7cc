using McpTunnel.Registry.Credentials;

namespace McpTunnel.Registry.Storage;

internal sealed class LinkCertificateEntity : INumbered
{
    /// <summary>Order of issuing; the database counts.</summary>
    public long Number { get; init; }

    public required string TunnelId { get; init; }

    public required string Serial { get; init; }

    public required string Fingerprint { get; init; }

    public required DateTimeOffset NotBefore { get; init; }

    public required DateTimeOffset NotAfter { get; init; }

    public required DateTimeOffset Issued { get; init; }

    public DateTimeOffset? Revoked { get; set; }

    public LinkCertificateRecord ToRecord() => new(TunnelId, Serial, Fingerprint, NotBefore, NotAfter, Issued, Revoked);
}
