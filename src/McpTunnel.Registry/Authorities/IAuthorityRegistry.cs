using McpTunnel.Registry.Administration;

namespace McpTunnel.Registry.Authorities;

/// <summary>Certificate authorities that the edge trusts. Thread-safe.</summary>
public interface IAuthorityRegistry
{
    /// <summary>Adds an authority, or does nothing when it is there already and not retired.</summary>
    /// <exception cref="RegistryException">The tunnel does not exist, or the authority was retired before.</exception>
    Task AddAsync(AuthorityRecord authority, AdminActor actor, CancellationToken cancellationToken);

    /// <summary>All authorities that are not retired.</summary>
    Task<IReadOnlyList<AuthorityRecord>> ListTrustedAsync(CancellationToken cancellationToken);

    /// <summary>Ends the trust in an authority, for good. Doing it again changes nothing.</summary>
    /// <exception cref="RegistryException">There is no such authority.</exception>
    Task<AuthorityRecord> RetireAsync(string fingerprint, AdminActor actor, CancellationToken cancellationToken);
}
