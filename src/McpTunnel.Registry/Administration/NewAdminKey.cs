namespace McpTunnel.Registry.Administration;

/// <summary>An admin key just made: the only time that it is seen.</summary>
public sealed record NewAdminKey(AdminKey Key, AdminKeyRecord Record);
