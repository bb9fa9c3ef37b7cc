using McpTunnel.Registry.Administration;

namespace McpTunnel.Registry.Storage;

internal sealed class AdminKeyEntity : INumbered
{
    /// <summary>Order of making; the database counts.</summary>
    public long Number { get; init; }

    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Hash { get; init; }

    public required AdminRole Role { get; init; }

    public required DateTimeOffset Created { get; init; }

    public DateTimeOffset? Revoked { get; set; }

    public AdminKeyRecord ToRecord() => new(Id, Name, Role, Created, Revoked);
}
