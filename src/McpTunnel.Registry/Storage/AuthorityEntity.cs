using McpTunnel.Registry.Authorities;

namespace McpTunnel.Registry.Storage;

internal sealed class AuthorityEntity
{
    public required string Fingerprint { get; init; }

    public required AuthorityKind Kind { get; init; }

    public string? TunnelId { get; init; }

    public required string Pem { get; init; }

    public required DateTimeOffset Added { get; init; }

    public DateTimeOffset? Retired { get; set; }

    public AuthorityRecord ToRecord() => new(Fingerprint, Kind, TunnelId, Pem, Added, Retired);
}
