using System.Security.Cryptography;
using McpTunnel.Protocol.Names;
using McpTunnel.Registry.Credentials;
using McpTunnel.Registry.Storage;
using Microsoft.EntityFrameworkCore;

namespace McpTunnel.Registry.Administration;

/// <summary>Admin keys and the admin audit log in the database.</summary>
internal sealed class AdminStore(RegistryDatabase database) : IAdminRegistry
{
    private const int LongestName = 100;

    public Task<NewAdminKey> IssueKeyAsync(string name, AdminRole role, AdminActor actor, CancellationToken cancellationToken)
    {
        if (name.Length is 0 or > LongestName || name.Any(char.IsControl))
        {
            throw new RegistryException(RegistryFault.OutOfRange, $"A key's name has 1 to {LongestName} printable characters.");
        }

        return database.WriteAsync(
            context =>
            {
                var key = AdminKey.Create(RandomNumberGenerator.GetBytes(SecretText.RandomBytes));
                var entity = new AdminKeyEntity
                {
                    Id = RegistryDatabase.NewId("adk_"),
                    Name = name,
                    Hash = key.Hash,
                    Role = role,
                    Created = database.Now,
                };
                context.AdminKeys.Add(entity);
                database.Audit(context, actor, "admin-key.issue", entity.Id, null, $"{name}, {role}");
                return Task.FromResult(new NewAdminKey(key, entity.ToRecord()));
            },
            cancellationToken);
    }

    public Task<AdminKeyRecord?> FindKeyAsync(string hash, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async context =>
            {
                var key = await context.AdminKeys.AsNoTracking().SingleOrDefaultAsync(key => key.Hash == hash, cancellationToken);
                return key is { Revoked: null } && CredentialStore.SameHash(key.Hash, hash) ? key.ToRecord() : null;
            },
            cancellationToken);

    public Task<Page<AdminKeyRecord>> ListKeysAsync(PageRequest page, CancellationToken cancellationToken) =>
        database.ReadAsync(
            context => Paging.NewestFirstAsync(context.AdminKeys, page, key => key.ToRecord(), cancellationToken), cancellationToken);

    public Task<AdminKeyRecord> RevokeKeyAsync(string keyId, AdminActor actor, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                var key = await context.AdminKeys.SingleOrDefaultAsync(key => key.Id == keyId, cancellationToken)
                    ?? throw Missing.Of("admin key", keyId);
                if (key.Revoked is not null)
                {
                    return key.ToRecord();
                }

                if (key.Role == AdminRole.Administrator
                    && !await context.AdminKeys.AnyAsync(
                        other => other.Id != keyId && other.Role == AdminRole.Administrator && other.Revoked == null, cancellationToken))
                {
                    throw new RegistryException(RegistryFault.LastAdministrator, "This is the last administrator's key. Make another one first.");
                }

                key.Revoked = database.Now;
                database.Audit(context, actor, "admin-key.revoke", key.Id, null, key.Name);
                return key.ToRecord();
            },
            cancellationToken);

    public Task<Page<AdminAuditRecord>> ListAuditAsync(PageRequest page, CancellationToken cancellationToken) =>
        database.ReadAsync(
            context => Paging.NewestFirstAsync(context.AdminAudit, page, entry => entry.ToRecord(), cancellationToken), cancellationToken);
}
