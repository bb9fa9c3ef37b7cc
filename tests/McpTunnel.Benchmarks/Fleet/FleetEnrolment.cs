using System.Globalization;
using McpTunnel.Certificates.Files;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Hosting;
using McpTunnel.Edge.Initialization;
using McpTunnel.TestKit.Edges;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.Benchmarks.Fleet;

/// <summary>
/// Makes the tunnels and enrols a client for each, before the edge runs: what is measured is links.
/// </summary>
internal static class FleetEnrolment
{
    /// <summary>The state directory of one client of the fleet.</summary>
    public static string DirectoryOf(string root, int client) => Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"client-{client}"));

    /// <summary>Makes the edge's state and those of <paramref name="clients"/> clients.</summary>
    public static async Task RunAsync(string domain, string edgeState, string root, int clients, CancellationToken cancellationToken)
    {
        var made = await EdgeInitializer.InitializeAsync(
            new EdgeInitialization { Domain = domain, StateDirectory = edgeState }, TimeProvider.System, NullLoggerFactory.Instance, cancellationToken);
        var options = EdgeConfiguration.Loader().Load(made.ConfigurationFile).Require();
        await using var edge = await EdgeResources.OpenAsync(options, predecessor: null, NullLoggerFactory.Instance, TimeProvider.System, cancellationToken);
        StateDirectory.Ensure(root);
        for (var client = 0; client < clients; client++)
        {
            await LocalEnrolment.EnrolAsync(edge, domain, string.Create(CultureInfo.InvariantCulture, $"fleet-{client}"), [DirectoryOf(root, client)], cancellationToken);
        }
    }
}
