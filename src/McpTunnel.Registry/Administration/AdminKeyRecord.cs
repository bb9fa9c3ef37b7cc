namespace McpTunnel.Registry.Administration;

/// <summary>What is known of an admin key: never the key.</summary>
/// <param name="Id">Its id, <c>adk_…</c>.</param>
/// <param name="Name">Who or what uses it.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Revoked">When it was revoked; null when it was not.</param>
public sealed record AdminKeyRecord(string Id, string Name, AdminRole Role, DateTimeOffset Created, DateTimeOffset? Revoked);
