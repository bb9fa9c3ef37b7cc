using McpTunnel.Registry.Administration;

namespace McpTunnel.Edge.Admin;

/// <param name="Id">The key's id.</param>
/// <param name="Name">Who or what uses it.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Revoked">When it was revoked; absent when it was not.</param>
internal sealed record AdminKeyView(string Id, string Name, AdminRole Role, DateTimeOffset Created, DateTimeOffset? Revoked)
{
    public static AdminKeyView Of(AdminKeyRecord key) => new(key.Id, key.Name, key.Role, key.Created, key.Revoked);
}
