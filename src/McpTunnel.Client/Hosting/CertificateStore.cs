using McpTunnel.Certificates;
using McpTunnel.Certificates.Files;
using McpTunnel.Certificates.Live;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Enrolment;
using McpTunnel.Client.Routing;
using McpTunnel.Configuration;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.Hosting;

/// <summary>
/// Keeps a live certificate for each pair of files that the configuration in force names; pairs that stay in use are not loaded
/// again. Used by one reload at a time.
/// </summary>
internal sealed class CertificateStore(TimeProvider time, ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly Dictionary<CertificateSourceOptions, CertificateSource> _sources = [];

    /// <summary>Loads what is not loaded yet. On failure nothing that was in use has changed.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="addresses">The public names of its servers.</param>
    /// <param name="errors">Takes what is wrong with files.</param>
    /// <param name="cancellationToken">Ends the loading.</param>
    public async Task<CertificateSet> LoadAsync(
        ClientOptions options, IReadOnlyDictionary<ServerOptions, ServerAddress> addresses, List<ConfigurationError> errors, CancellationToken cancellationToken)
    {
        var byHost = new Dictionary<string, ServedCertificate>(StringComparer.OrdinalIgnoreCase);
        var failed = new HashSet<CertificateSourceOptions>();
        foreach (var (server, address) in addresses)
        {
            var files = FilesOf(server.Certificate ?? options.Certificate, options.StateDirectory);
            if (failed.Contains(files))
            {
                continue;
            }

            try
            {
                if (!_sources.TryGetValue(files, out var source))
                {
                    source = await CertificateSource.StartAsync(files, time, loggers.CreateLogger<CertificateSource>(), cancellationToken);
                    _sources.Add(files, source);
                }

                byHost.Add(address.Host, new ServedCertificate(files.CertificateFile, source));
            }
            catch (CertificateException exception)
            {
                failed.Add(files);
                errors.Add(new ConfigurationError(
                    SourceLocation.WholeFile(files.CertificateFile), exception.Message.TrimEnd('.'), "Make a server certificate with 'mcptunnel certs init' (or 'certs issue' where there is a CA already), or name its files under 'certificate'"));
            }
        }

        return new CertificateSet(byHost);
    }

    /// <summary>Lets go of the files that the configuration in force does not name any more.</summary>
    public async Task KeepAsync(CertificateSet inUse)
    {
        var kept = inUse.ByHost.Values.Select(served => served.Source).ToHashSet();
        foreach (var (files, source) in _sources.Where(entry => !kept.Contains(entry.Value)).ToList())
        {
            _sources.Remove(files);
            await source.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var source in _sources.Values)
        {
            await source.DisposeAsync();
        }

        _sources.Clear();
    }

    private static CertificateSourceOptions FilesOf(CertificateOptions options, string stateDirectory) => new()
    {
        CertificateFile = options.CertificateFile ?? ClientPaths.ServerCertificate(stateDirectory),
        KeyFile = options.KeyFile ?? ClientPaths.ServerKey(stateDirectory),
        KeyProtection = options.KeyGroupReadable ? FileProtection.OwnerAndGroup : FileProtection.OwnerOnly,
    };
}
