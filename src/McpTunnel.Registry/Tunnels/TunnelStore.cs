using McpTunnel.Protocol.Names;
using McpTunnel.Registry.Administration;
using McpTunnel.Registry.Storage;
using Microsoft.EntityFrameworkCore;

namespace McpTunnel.Registry.Tunnels;

/// <summary>Tunnels in the database, and all of them in memory.</summary>
internal sealed class TunnelStore(RegistryDatabase database) : ITunnelRegistry
{
    private readonly TunnelIndex _index = new();

    public TunnelRecord? FindByLabel(ReadOnlySpan<char> label) => _index.FindByLabel(label);

    public TunnelRecord? FindById(string tunnelId) => _index.FindById(tunnelId);

    /// <summary>Reads all tunnels into memory.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var tunnel in await database.ReadAsync(context => context.Tunnels.AsNoTracking().ToListAsync(cancellationToken), cancellationToken))
        {
            _index.Put(tunnel.ToRecord());
        }
    }

    public async Task<TunnelRecord> CreateAsync(string label, string edgeDomain, AdminActor actor, CancellationToken cancellationToken)
    {
        if (TunnelLabel.Problem(label) is { } problem)
        {
            throw new RegistryException(RegistryFault.LabelInvalid, $"'{Shorten(label)}' cannot be a tunnel's label. {problem}");
        }

        var created = await database.WriteAsync(
            async context =>
            {
                if (await context.Tunnels.AnyAsync(tunnel => tunnel.Label == label, cancellationToken))
                {
                    throw new RegistryException(RegistryFault.LabelTaken, $"The label '{label}' is taken, perhaps by an archived tunnel. Choose another one.");
                }

                var entity = new TunnelEntity
                {
                    Id = RegistryDatabase.NewId(TunnelId.Prefix),
                    Label = label,
                    Domain = $"{label}.{edgeDomain}",
                    State = TunnelState.Active,
                    Created = database.Now,
                };
                context.Tunnels.Add(entity);
                database.Audit(context, actor, "tunnel.create", entity.Id, entity.Id, entity.Domain);
                return entity.ToRecord();
            },
            cancellationToken);
        _index.Put(created);
        return created;
    }

    public Task<Page<TunnelRecord>> ListAsync(PageRequest page, CancellationToken cancellationToken)
    {
        page.Check();
        return database.ReadAsync(
            async context =>
            {
                var query = context.Tunnels.AsNoTracking();
                if (page.After is { } after)
                {
                    query = query.Where(tunnel => string.Compare(tunnel.Label, after) > 0);
                }

                var found = await query.OrderBy(tunnel => tunnel.Label).Take(page.Size + 1).ToListAsync(cancellationToken);
                return Paging.Cut(found, page.Size, tunnel => tunnel.Label, tunnel => tunnel.ToRecord());
            },
            cancellationToken);
    }

    public async Task<TunnelRecord> ArchiveAsync(string tunnelId, AdminActor actor, CancellationToken cancellationToken)
    {
        var archived = await database.WriteAsync(
            async context =>
            {
                var tunnel = await context.Tunnels.SingleOrDefaultAsync(tunnel => tunnel.Id == tunnelId, cancellationToken)
                    ?? throw Missing.Tunnel(tunnelId);
                if (tunnel.State != TunnelState.Archived)
                {
                    tunnel.State = TunnelState.Archived;
                    database.Audit(context, actor, "tunnel.archive", tunnel.Id, tunnel.Id, tunnel.Domain);
                }

                return tunnel.ToRecord();
            },
            cancellationToken);
        _index.Put(archived);
        return archived;
    }

    private static string Shorten(string text) => text.Length <= TunnelLabel.MaxLength ? text : text[..TunnelLabel.MaxLength] + "…";
}
