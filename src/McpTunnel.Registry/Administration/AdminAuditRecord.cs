namespace McpTunnel.Registry.Administration;

/// <summary>One change to the registry.</summary>
/// <param name="Number">Rises with each entry.</param>
/// <param name="At">When.</param>
/// <param name="ActorId">By whom: the id of an admin key, <c>enrolment</c> or <c>local</c>.</param>
/// <param name="ActorName">The same for a person, as it was then.</param>
/// <param name="Address">From where.</param>
/// <param name="Action">What, such as <c>tunnel.create</c>.</param>
/// <param name="Target">To what: the id of a tunnel, token, certificate or key.</param>
/// <param name="TunnelId">The tunnel concerned; null for none.</param>
/// <param name="Detail">More about it for a person. Never a secret.</param>
public sealed record AdminAuditRecord(
    long Number, DateTimeOffset At, string ActorId, string ActorName, string Address, string Action, string Target, string? TunnelId, string Detail);
