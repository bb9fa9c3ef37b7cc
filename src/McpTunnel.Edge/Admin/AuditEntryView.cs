using McpTunnel.Registry.Administration;

namespace McpTunnel.Edge.Admin;

/// <param name="Number">Rises with each entry.</param>
/// <param name="At">When.</param>
/// <param name="ActorId">By whom: the id of an admin key, <c>enrolment</c> or <c>local</c>.</param>
/// <param name="ActorName">The same for a person.</param>
/// <param name="Address">From where.</param>
/// <param name="Action">What, such as <c>tunnel.create</c>.</param>
/// <param name="Target">To what.</param>
/// <param name="Tunnel">The tunnel concerned; absent for none.</param>
/// <param name="Detail">More for a person.</param>
internal sealed record AuditEntryView(
    long Number, DateTimeOffset At, string ActorId, string ActorName, string Address, string Action, string Target, string? Tunnel, string Detail)
{
    public static AuditEntryView Of(AdminAuditRecord entry) => new(
        entry.Number, entry.At, entry.ActorId, entry.ActorName, entry.Address, entry.Action, entry.Target, entry.TunnelId, entry.Detail);
}
