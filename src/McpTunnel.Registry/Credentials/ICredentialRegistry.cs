using McpTunnel.Registry.Administration;

namespace McpTunnel.Registry.Credentials;

/// <summary>
/// Tokens and link certificates of tunnels. Thread-safe. Every change is in the admin audit log, in the same transaction.
/// </summary>
public interface ICredentialRegistry
{
    /// <summary>
    /// Makes a token. The current one stays valid beside it for <paramref name="overlap"/>; one older than that ends now, so that at
    /// most two are valid at once.
    /// </summary>
    /// <param name="tunnelId">The tunnel.</param>
    /// <param name="lifetime">How long the new token is valid; null for ever.</param>
    /// <param name="overlap">How long the current one is still valid; from zero to 90 days.</param>
    /// <param name="actor">Who asks.</param>
    /// <param name="cancellationToken">Gives up waiting; a change that has begun may still be made.</param>
    /// <exception cref="RegistryException">No such tunnel, archived, or a time out of range.</exception>
    Task<NewToken> IssueTokenAsync(string tunnelId, TimeSpan? lifetime, TimeSpan overlap, AdminActor actor, CancellationToken cancellationToken);

    /// <summary>Tokens of a tunnel, newest first.</summary>
    /// <exception cref="RegistryException">No such tunnel, or the page size is out of range.</exception>
    Task<Page<TunnelTokenRecord>> ListTokensAsync(string tunnelId, PageRequest page, CancellationToken cancellationToken);

    /// <summary>Revokes a token from now on. Doing it again changes nothing.</summary>
    /// <exception cref="RegistryException">No such token of this tunnel.</exception>
    Task<TunnelTokenRecord> RevokeTokenAsync(string tunnelId, string tokenId, AdminActor actor, CancellationToken cancellationToken);

    /// <summary>Enters a certificate that was just signed. One that is not entered is not accepted.</summary>
    /// <exception cref="RegistryException">No such tunnel, or archived.</exception>
    Task AddCertificateAsync(LinkCertificateRecord certificate, AdminActor actor, CancellationToken cancellationToken);

    /// <summary>Link certificates of a tunnel, newest first.</summary>
    /// <exception cref="RegistryException">No such tunnel, or the page size is out of range.</exception>
    Task<Page<LinkCertificateRecord>> ListCertificatesAsync(string tunnelId, PageRequest page, CancellationToken cancellationToken);

    /// <summary>Revokes a link certificate from now on. Doing it again changes nothing.</summary>
    /// <exception cref="RegistryException">No such certificate of this tunnel.</exception>
    Task<LinkCertificateRecord> RevokeCertificateAsync(string tunnelId, string serial, AdminActor actor, CancellationToken cancellationToken);

    /// <summary>Looks up all that a link shows, always all three, so that the time taken says nothing about which was wrong.</summary>
    /// <param name="tunnelId">The tunnel it asks for.</param>
    /// <param name="tokenHash">SHA-256 of its token, lower-case hexadecimal.</param>
    /// <param name="certificateFingerprint">SHA-256 of its certificate, lower-case hexadecimal; null where there is none yet.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<CredentialLookup> FindCredentialsAsync(
        string tunnelId, string tokenHash, string? certificateFingerprint, CancellationToken cancellationToken);
}
