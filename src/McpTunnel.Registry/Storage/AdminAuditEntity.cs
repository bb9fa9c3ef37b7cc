using McpTunnel.Registry.Administration;

namespace McpTunnel.Registry.Storage;

internal sealed class AdminAuditEntity : INumbered
{
    /// <summary>Order of events; the database counts.</summary>
    public long Number { get; init; }

    public required DateTimeOffset At { get; init; }

    public required string ActorId { get; init; }

    public required string ActorName { get; init; }

    public required string Address { get; init; }

    public required string Action { get; init; }

    public required string Target { get; init; }

    public string? TunnelId { get; init; }

    public required string Detail { get; init; }

    public AdminAuditRecord ToRecord() => new(Number, At, ActorId, ActorName, Address, Action, Target, TunnelId, Detail);
}
