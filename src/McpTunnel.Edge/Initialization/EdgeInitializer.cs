using System.Data.Common;
using System.Security.Cryptography;
using McpTunnel.Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Files;
using McpTunnel.Configuration;
using McpTunnel.Edge.Configuration;
using McpTunnel.Registry;
using McpTunnel.Registry.Administration;
using McpTunnel.Registry.Authorities;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Initialization;

/// <summary>
/// Makes an edge's state directory: whole or not at all. Everything is made beside its place first; the configuration, which tells that
/// the directory is an edge's, comes last.
/// </summary>
/// <remarks>
/// No key that stays here can end inner TLS. What the tunnel CA signs is for client authentication only. The authority that signs the
/// certificate of the edge's own names could sign for a tunnel's names too, which lie below the same domain, so its key is never written:
/// it signs once and is gone.
/// </remarks>
public static class EdgeInitializer
{
    private const string UnfinishedPrefix = ".init.";
    internal const int SuffixDigits = 8;

    /// <summary>Makes the directory, or finds that it is made already for the same domain.</summary>
    /// <exception cref="EdgeInitializationException">Something else is there, or the given certificate does not fit.</exception>
    /// <exception cref="ConfigurationException">The directory has a configuration, and it has errors.</exception>
    /// <exception cref="CertificateException">Not a DNS name, or a file cannot be read or written.</exception>
    public static async Task<EdgeInitialized> InitializeAsync(
        EdgeInitialization request, TimeProvider timeProvider, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        var domain = request.Domain.ToLowerInvariant().TrimEnd('.');
        var directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(request.StateDirectory));
        if (Find(directory, domain) is { } found)
        {
            return found;
        }

        await CheckGivenCertificateAsync(request, domain, cancellationToken);
        var isNew = !System.IO.Directory.Exists(directory);
        if (!isNew)
        {
            StateDirectory.Check(directory);
        }

        var staging = isNew ? $"{directory}.{Suffix()}" : Path.Combine(directory, $"{UnfinishedPrefix}{Suffix()}");
        try
        {
            StateDirectory.Ensure(staging);
            using (StateLock.Take(staging, EdgeStateFiles.Lock))
            {
                await FillAsync(staging, request, domain, timeProvider, loggerFactory, cancellationToken);
            }

            File.Delete(Path.Combine(staging, EdgeStateFiles.Lock));
            Publish(staging, directory, isNew);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException || exception.GetBaseException() is DbException)
        {
            throw new EdgeInitializationException($"{directory} cannot be made: {exception.Message} Check space and permissions, or name another directory.");
        }
        finally
        {
            Remove(staging);
        }

        return Describe(directory, domain, made: true);
    }

    /// <summary>Removes what initializations left that were killed, when nothing else is there. Nothing in it was ever in use.</summary>
    private static void RemoveUnfinished(string directory)
    {
        var entries = System.IO.Directory.Exists(directory) ? System.IO.Directory.GetFileSystemEntries(directory) : [];
        if (entries.All(IsUnfinished))
        {
            Array.ForEach(entries, Remove);
        }
    }

    private static bool IsUnfinished(string path) =>
        Path.GetFileName(path) is { } name
        && name.Length == UnfinishedPrefix.Length + SuffixDigits
        && name.StartsWith(UnfinishedPrefix, StringComparison.Ordinal)
        && name[UnfinishedPrefix.Length..].All(char.IsAsciiHexDigitLower)
        && System.IO.Directory.Exists(path);

    private static EdgeInitialized? Find(string directory, string domain)
    {
        var configuration = Path.Combine(directory, EdgeStateFiles.Configuration);
        if (File.Exists(configuration))
        {
            var loaded = EdgeConfiguration.Loader().Load(configuration).Require();
            return string.Equals(loaded.Domain, domain, StringComparison.OrdinalIgnoreCase)
                ? Describe(directory, domain, made: false)
                : throw new EdgeInitializationException($"{directory} is the state of an edge for {loaded.Domain} already. Name another directory for {domain}.");
        }

        RemoveUnfinished(directory);
        UnfinishedStates.RemoveBeside(directory);
        return System.IO.Directory.Exists(directory) && System.IO.Directory.EnumerateFileSystemEntries(directory).Any()
            ? throw new EdgeInitializationException($"{directory} is not empty and not the state of an edge. Name another directory, or empty this one.")
            : null;
    }

    private static async Task CheckGivenCertificateAsync(EdgeInitialization request, string domain, CancellationToken cancellationToken)
    {
        if (request.CertificateFile is null != request.KeyFile is null)
        {
            throw new EdgeInitializationException("A certificate and its key are given together. Name both files, or neither to have them made.");
        }

        if (request.CertificateFile is { } certificateFile)
        {
            using var given = await KeyedCertificate.LoadAsync(certificateFile, request.KeyFile!, cancellationToken);
            foreach (var name in OwnNames(domain).Where(name => !given.Chain[0].MatchesHostname(name, allowWildcards: true, allowCommonName: false)))
            {
                throw new EdgeInitializationException($"The certificate in {certificateFile} is not for {name}. It must name {string.Join(", ", OwnNames(domain))}.");
            }
        }
    }

    private static async Task FillAsync(
        string staging,
        EdgeInitialization request,
        string domain,
        TimeProvider timeProvider,
        ILoggerFactory loggerFactory,
        CancellationToken cancellationToken)
    {
        using var files = new AtomicFiles();
        Task Stage(string name, string text, FileProtection protection) =>
            files.StageAsync(Path.Combine(staging, name), text, protection, cancellationToken, replace: false);

        using var tunnelCa = TunnelCa.Create(domain, timeProvider);
        await Stage(EdgeStateFiles.TunnelCa, tunnelCa.CertificatePem, FileProtection.Public);
        await Stage(EdgeStateFiles.TunnelCaKey, tunnelCa.ExportKeyPem(), FileProtection.OwnerOnly);
        if (request.CertificateFile is null)
        {
            using var edgeCa = ServerCa.CreateForEdge(domain, timeProvider);
            using var certificate = edgeCa.IssueServerCertificate(OwnNames(domain), Validity.LongestLeaf);
            await Stage(EdgeStateFiles.EdgeCa, edgeCa.CertificatePem, FileProtection.Public);
            await Stage(EdgeStateFiles.Certificate, certificate.ChainPem, FileProtection.Public);
            await Stage(EdgeStateFiles.Key, certificate.Key.ExportPem(), FileProtection.OwnerOnly);
        }

        var adminKey = await FillRegistryAsync(Path.Combine(staging, EdgeStateFiles.Registry), tunnelCa, timeProvider, loggerFactory, cancellationToken);
        await Stage(EdgeStateFiles.AdminKey, adminKey.Reveal() + "\n", FileProtection.OwnerOnly);
        await Stage(EdgeStateFiles.Configuration, EdgeYaml.Write(domain, request), FileProtection.Public);
        files.Commit();
    }

    private static async Task<AdminKey> FillRegistryAsync(
        string file, TunnelCa tunnelCa, TimeProvider timeProvider, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        await using var registry = await EdgeRegistry.OpenAsync(new RegistryOptions { DatabaseFile = file }, timeProvider, loggerFactory, cancellationToken);
        var fingerprint = tunnelCa.Certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();
        await registry.Authorities.AddAsync(
            new AuthorityRecord(fingerprint, AuthorityKind.TunnelCa, TunnelId: null, tunnelCa.CertificatePem, timeProvider.GetUtcNow(), Retired: null),
            AdminActor.Local,
            cancellationToken);
        var issued = await registry.Administration.IssueKeyAsync("edge init", AdminRole.Administrator, AdminActor.Local, cancellationToken);
        return issued.Key;
    }

    /// <summary>A new directory gets its name in one step; an existing one, perhaps a mount, gets its files, the configuration last.</summary>
    private static void Publish(string staging, string directory, bool isNew)
    {
        if (isNew)
        {
            System.IO.Directory.Move(staging, directory);
            return;
        }

        foreach (var file in System.IO.Directory.EnumerateFiles(staging)
            .OrderBy(file => Path.GetFileName(file) == EdgeStateFiles.Configuration)
            .ToList())
        {
            File.Move(file, Path.Combine(directory, Path.GetFileName(file)), overwrite: false);
        }
    }

    private static void Remove(string staging)
    {
        if (System.IO.Directory.Exists(staging))
        {
            System.IO.Directory.Delete(staging, recursive: true);
        }
    }

    private static EdgeInitialized Describe(string directory, string domain, bool made)
    {
        string File(string name) => Path.Combine(directory, name);

        var edgeCa = File(EdgeStateFiles.EdgeCa);
        return new EdgeInitialized(
            made, domain, File(EdgeStateFiles.Configuration), File(EdgeStateFiles.AdminKey), File(EdgeStateFiles.TunnelCa), System.IO.File.Exists(edgeCa) ? edgeCa : null);
    }

    private static string[] OwnNames(string domain) => [domain, $"link.{domain}", $"agents.{domain}"];

    private static string Suffix() => RandomNumberGenerator.GetHexString(SuffixDigits, lowercase: true);
}
