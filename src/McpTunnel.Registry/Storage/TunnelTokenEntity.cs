using McpTunnel.Registry.Credentials;

namespace McpTunnel.Registry.Storage;

internal sealed class TunnelTokenEntity : INumbered
{
    /// <summary>Order of making; the database counts.</summary>
    public long Number { get; init; }

    public required string Id { get; init; }

    public required string TunnelId { get; init; }

    public required string Hash { get; init; }

    public required DateTimeOffset Created { get; init; }

    public DateTimeOffset? Expires { get; set; }

    public DateTimeOffset? Revoked { get; set; }

    public TunnelTokenRecord ToRecord() => new(Id, TunnelId, Hash, Created, Expires, Revoked);
}
