using McpTunnel.Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Files;
using McpTunnel.Certificates.Live;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Handover;
using McpTunnel.Edge.Ingress;
using McpTunnel.Edge.Initialization;
using McpTunnel.Registry;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Hosting;

/// <summary>
/// What an edge opens before it starts, or takes over, and closes after everything else: lock, listening sockets, registry, tunnel CA, live
/// certificate.
/// </summary>
internal sealed class EdgeResources : IAsyncDisposable
{
    private EdgeResources(StateLock stateLock, ListenSockets sockets, EdgeRegistry registry, TunnelCa tunnelCa, CertificateSource certificate)
    {
        Lock = stateLock;
        Sockets = sockets;
        Registry = registry;
        TunnelCa = tunnelCa;
        Certificate = certificate;
    }

    public StateLock Lock { get; }

    /// <summary>None yet, but those of the process before.</summary>
    public ListenSockets Sockets { get; }

    public EdgeRegistry Registry { get; }

    public TunnelCa TunnelCa { get; }

    public CertificateSource Certificate { get; }

    /// <exception cref="EdgeStartException">Something in the state directory is missing or not usable.</exception>
    public static async Task<EdgeResources> OpenAsync(
        EdgeOptions options, Predecessor? predecessor, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        StateLock? stateLock = null;
        TunnelCa? tunnelCa = null;
        CertificateSource? certificate = null;
        try
        {
            tunnelCa = await TunnelCa.LoadAsync(EdgePaths.TunnelCa(options), EdgePaths.TunnelCaKey(options), time, cancellationToken);
            // First what is missing is told, so that no lock file is left where there is no state.
            stateLock = predecessor is null ? StateLock.Take(options.State, EdgeStateFiles.Lock) : predecessor.Lock;
            var source = new CertificateSourceOptions { CertificateFile = EdgePaths.Certificate(options), KeyFile = EdgePaths.Key(options) };
            certificate = await CertificateSource.StartAsync(source, time, loggers.CreateLogger<CertificateSource>(), cancellationToken);
            if (predecessor is not null)
            {
                await predecessor.ReleaseRegistryAsync(cancellationToken);
            }

            var registry = await EdgeRegistry.OpenAsync(
                new RegistryOptions { DatabaseFile = EdgePaths.Registry(options) }, time, loggers, cancellationToken);
            return new EdgeResources(stateLock, predecessor?.Sockets ?? new ListenSockets([]), registry, tunnelCa, certificate);
        }
        catch (Exception exception)
        {
            stateLock?.Dispose();
            tunnelCa?.Dispose();
            if (certificate is not null)
            {
                await certificate.DisposeAsync();
            }

            throw exception switch
            {
                OperationCanceledException or EdgeStartException => exception,
                CertificateException { Fault: CertificateFault.InUse } => new EdgeStartException($"The edge cannot start: {exception.Message}", exception),
                CertificateException => new EdgeStartException($"The edge cannot start: {exception.Message} A new state directory is made by: mcptunnel edge init", exception),
                _ => new EdgeStartException($"The edge cannot open its registry {EdgePaths.Registry(options)}: {exception.Message}", exception),
            };
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Certificate.DisposeAsync();
        TunnelCa.Dispose();
        await Registry.DisposeAsync();
        Sockets.Dispose();
        Lock.Dispose();
    }
}
