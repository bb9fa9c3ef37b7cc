using McpTunnel.Registry.Administration;

namespace McpTunnel.Registry.Tunnels;

/// <summary>The edge's tunnels. Thread-safe. Every change is in the admin audit log, in the same transaction.</summary>
public interface ITunnelRegistry
{
    /// <summary>
    /// The tunnel with this label, lower case, in whatever state; null when there is none. Answered from memory without waiting:
    /// every connection from outside asks.
    /// </summary>
    TunnelRecord? FindByLabel(ReadOnlySpan<char> label);

    /// <summary>The tunnel with this id, from memory; null when there is none.</summary>
    TunnelRecord? FindById(string tunnelId);

    /// <summary>Makes a tunnel.</summary>
    /// <param name="label">A DNS label.</param>
    /// <param name="edgeDomain">The edge's domain; the tunnel's becomes <c>label.edgeDomain</c>.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="cancellationToken">Gives up waiting; a change that has begun may still be made.</param>
    /// <exception cref="RegistryException">The label is taken or invalid.</exception>
    Task<TunnelRecord> CreateAsync(string label, string edgeDomain, AdminActor actor, CancellationToken cancellationToken);

    /// <summary>Tunnels in the order of their labels.</summary>
    /// <exception cref="RegistryException">The page size is out of range.</exception>
    Task<Page<TunnelRecord>> ListAsync(PageRequest page, CancellationToken cancellationToken);

    /// <summary>Puts a tunnel out of use, for good. Doing it again changes nothing.</summary>
    /// <exception cref="RegistryException">There is no such tunnel.</exception>
    Task<TunnelRecord> ArchiveAsync(string tunnelId, AdminActor actor, CancellationToken cancellationToken);
}
