using Microsoft.Extensions.Hosting;

namespace McpTunnel.Client.Hosting;

/// <summary>A host that neither listens for signals nor prints: it lives inside another program.</summary>
internal sealed class UnattendedLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
