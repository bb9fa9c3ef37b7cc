using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Files;

namespace McpTunnel.Cli.CertsCommands;

/// <summary>Writes the files of the inner side into a client's state directory.</summary>
internal static class ServerFiles
{
    /// <summary>Makes an authority for a tunnel's domain and a first server certificate. Existing files are not touched.</summary>
    /// <param name="directory">The client's state directory; made when missing.</param>
    /// <param name="domain">The tunnel's domain.</param>
    /// <param name="names">Names besides <c>*.domain</c>, below the domain.</param>
    /// <param name="validity">Of the server certificate.</param>
    /// <param name="time">The clock that validity is counted from.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <returns>When the server certificate ends.</returns>
    public static async Task<DateTimeOffset> InitAsync(
        string directory, string domain, IReadOnlyList<string> names, TimeSpan validity, TimeProvider time, CancellationToken cancellationToken)
    {
        using var authority = ServerCa.CreateForTunnel(domain, time);
        using var server = Issue(authority, names, validity);
        StateDirectory.Ensure(directory);
        using var files = new AtomicFiles();
        await files.StageAsync(Path.Combine(directory, CertsGroup.CaKey), authority.ExportKeyPem(), FileProtection.OwnerOnly, cancellationToken, replace: false);
        await files.StageAsync(Path.Combine(directory, CertsGroup.CaCertificate), authority.CertificatePem, FileProtection.Public, cancellationToken, replace: false);
        await StageAsync(files, directory, server, replace: false, cancellationToken);
        files.Commit();
        return server.NotAfter;
    }

    /// <summary>Signs a new key and certificate with the authority in the directory and puts them in the place of the old ones.</summary>
    /// <returns>The names in the new certificate, and when it ends.</returns>
    /// <inheritdoc cref="InitAsync" path="/param"/>
    public static async Task<(string Domain, DateTimeOffset NotAfter)> IssueAsync(
        string directory, IReadOnlyList<string> names, TimeSpan validity, TimeProvider time, CancellationToken cancellationToken)
    {
        using var authority = await ServerCa.LoadAsync(
            Path.Combine(directory, CertsGroup.CaCertificate), Path.Combine(directory, CertsGroup.CaKey), time, cancellationToken);
        using var server = Issue(authority, names, validity);
        using var files = new AtomicFiles();
        await StageAsync(files, directory, server, replace: true, cancellationToken);
        files.Commit();
        return (authority.Domain, server.NotAfter);
    }

    private static KeyedCertificate Issue(ServerCa authority, IReadOnlyList<string> names, TimeSpan validity) =>
        authority.IssueServerCertificate([$"*.{authority.Domain}", .. names], validity);

    /// <summary>The key first: a reader that sees the new key with the old certificate keeps what it has until both are there.</summary>
    private static async Task StageAsync(AtomicFiles files, string directory, KeyedCertificate server, bool replace, CancellationToken cancellationToken)
    {
        await files.StageAsync(Path.Combine(directory, CertsGroup.ServerKey), server.Key.ExportPem(), FileProtection.OwnerOnly, cancellationToken, replace);
        await files.StageAsync(Path.Combine(directory, CertsGroup.ServerCertificate), server.ChainPem, FileProtection.Public, cancellationToken, replace);
    }
}
