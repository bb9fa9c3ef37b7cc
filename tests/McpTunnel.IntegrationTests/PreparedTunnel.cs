using McpTunnel.Certificates.Authorities;
using McpTunnel.Cli.CertsCommands;
using McpTunnel.Configuration.Values;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Hosting;
using McpTunnel.Edge.Initialization;
using McpTunnel.TestKit.Edges;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.IntegrationTests;

/// <summary>
/// The files of an edge with one tunnel and of clients enrolled with it, as the commands leave them, made without starting a process for each: for tests of what comes after.
/// </summary>
internal static class PreparedTunnel
{
    public const string Label = "acme";

    /// <summary>Makes them. The first client has the inner side's CA and a server certificate too.</summary>
    /// <param name="edgeDomain">The edge's domain.</param>
    /// <param name="edgeState">Its state directory, empty or not there.</param>
    /// <param name="listen">Where it is to listen; null for the default.</param>
    /// <param name="clientStates">The clients' state directories.</param>
    public static async Task<EdgeInitialized> MakeAsync(string edgeDomain, string edgeState, HostEndPoint? listen, params string[] clientStates)
    {
        var made = await EdgeInitializer.InitializeAsync(
            new EdgeInitialization { Domain = edgeDomain, StateDirectory = edgeState, Listen = listen is null ? [] : [listen] },
            TimeProvider.System,
            NullLoggerFactory.Instance,
            CancellationToken.None);
        var options = EdgeConfiguration.Loader(new Dictionary<string, string>()).Load(made.ConfigurationFile).Require();
        await using var edge = await EdgeResources.OpenAsync(options, predecessor: null, NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None);
        var tunnel = await LocalEnrolment.EnrolAsync(edge, edgeDomain, Label, clientStates, CancellationToken.None);
        await ServerFiles.InitAsync(clientStates[0], tunnel.Domain, [], Validity.Server, TimeProvider.System, CancellationToken.None);
        return made;
    }
}
