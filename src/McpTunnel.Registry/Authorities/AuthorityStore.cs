using McpTunnel.Registry.Administration;
using McpTunnel.Registry.Storage;
using Microsoft.EntityFrameworkCore;

namespace McpTunnel.Registry.Authorities;

/// <summary>Trusted authorities in the database.</summary>
internal sealed class AuthorityStore(RegistryDatabase database) : IAuthorityRegistry
{
    public Task AddAsync(AuthorityRecord authority, AdminActor actor, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                var present = await context.Authorities.SingleOrDefaultAsync(entity => entity.Fingerprint == authority.Fingerprint, cancellationToken);
                if (present is { Retired: null })
                {
                    return true;
                }

                if (present is not null)
                {
                    throw new RegistryException(RegistryFault.Archived, $"The authority {authority.Fingerprint} is retired. Make a new one.");
                }

                if (authority.TunnelId is { } tunnelId && !await context.Tunnels.AnyAsync(tunnel => tunnel.Id == tunnelId, cancellationToken))
                {
                    throw Missing.Tunnel(tunnelId);
                }

                context.Authorities.Add(new AuthorityEntity
                {
                    Fingerprint = authority.Fingerprint,
                    Kind = authority.Kind,
                    TunnelId = authority.TunnelId,
                    Pem = authority.Pem,
                    Added = database.Now,
                });
                database.Audit(context, actor, "authority.add", authority.Fingerprint, authority.TunnelId, authority.Kind.ToString());
                return true;
            },
            cancellationToken);

    public Task<IReadOnlyList<AuthorityRecord>> ListTrustedAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<AuthorityRecord>>(
            async context =>
            {
                var found = await context.Authorities.AsNoTracking()
                    .Where(authority => authority.Retired == null)
                    .OrderBy(authority => authority.Added)
                    .ToListAsync(cancellationToken);
                return [.. found.Select(authority => authority.ToRecord())];
            },
            cancellationToken);

    public Task<AuthorityRecord> RetireAsync(string fingerprint, AdminActor actor, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async context =>
            {
                var authority = await context.Authorities.SingleOrDefaultAsync(entity => entity.Fingerprint == fingerprint, cancellationToken)
                    ?? throw Missing.Of("authority", fingerprint);
                if (authority.Retired is null)
                {
                    authority.Retired = database.Now;
                    database.Audit(context, actor, "authority.retire", fingerprint, authority.TunnelId, "");
                }

                return authority.ToRecord();
            },
            cancellationToken);
}
