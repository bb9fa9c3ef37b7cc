namespace McpTunnel.Registry.Administration;

/// <summary>Admin keys and the admin audit log. Thread-safe.</summary>
public interface IAdminRegistry
{
    /// <summary>Makes a key.</summary>
    /// <param name="name">Who or what will use it: 1 to 100 characters.</param>
    /// <param name="role">What it may do.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="cancellationToken">Gives up waiting; a change that has begun may still be made.</param>
    /// <exception cref="RegistryException">The name is out of range.</exception>
    Task<NewAdminKey> IssueKeyAsync(string name, AdminRole role, AdminActor actor, CancellationToken cancellationToken);

    /// <summary>The key with this hash, if it is not revoked. Compared in constant time.</summary>
    Task<AdminKeyRecord?> FindKeyAsync(string hash, CancellationToken cancellationToken);

    /// <summary>Keys, newest first.</summary>
    /// <exception cref="RegistryException">The page size is out of range.</exception>
    Task<Page<AdminKeyRecord>> ListKeysAsync(PageRequest page, CancellationToken cancellationToken);

    /// <summary>Revokes a key from now on. Doing it again changes nothing.</summary>
    /// <exception cref="RegistryException">No such key, or it is the last administrator's.</exception>
    Task<AdminKeyRecord> RevokeKeyAsync(string keyId, AdminActor actor, CancellationToken cancellationToken);

    /// <summary>Changes to the registry, newest first.</summary>
    /// <exception cref="RegistryException">The page size is out of range.</exception>
    Task<Page<AdminAuditRecord>> ListAuditAsync(PageRequest page, CancellationToken cancellationToken);
}
