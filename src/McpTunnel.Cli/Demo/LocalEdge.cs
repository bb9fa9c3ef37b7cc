using System.Net;
using McpTunnel.Certificates.Files;
using McpTunnel.Cli.AdminApi;
using McpTunnel.Configuration.Values;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Hosting;
using McpTunnel.Edge.Initialization;
using McpTunnel.Protocol.Control;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Cli.Demo;

/// <summary>A real edge on loopback, from a state directory that <c>edge init</c>'s own code made.</summary>
internal sealed class LocalEdge : IAsyncDisposable
{
    private static readonly Dictionary<string, string> NoEnvironment = [];

    private LocalEdge(TunnelEdge edge, EdgeInitialized state, EdgeConnection connection, Secret adminKey)
    {
        Edge = edge;
        State = state;
        Connection = connection;
        AdminKey = adminKey;
    }

    public TunnelEdge Edge { get; }

    public EdgeInitialized State { get; }

    /// <summary>How its API is reached.</summary>
    public EdgeConnection Connection { get; }

    /// <summary>The key that <c>edge init</c> made.</summary>
    public Secret AdminKey { get; }

    public IPEndPoint EndPoint => new(IPAddress.Loopback, Edge.Port);

    /// <summary>The edge's URL, port included.</summary>
    public Uri Url => Connection.Edge;

    /// <summary>Makes the state directory where it is missing and starts the edge on <paramref name="port"/> (0 takes a free one).</summary>
    public static async Task<LocalEdge> StartAsync(
        string domain, string directory, int port, TimeProvider time, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        var state = await EdgeInitializer.InitializeAsync(
            new EdgeInitialization { Domain = domain, StateDirectory = directory }, time, logging, cancellationToken);
        var configured = EdgeConfiguration.Loader(NoEnvironment).Load(state.ConfigurationFile).Require();
        var options = configured with
        {
            Listen = [new HostEndPoint("127.0.0.1", port)],
            Management = new HostEndPoint("127.0.0.1", 0),
        };
        return await StartAsync(options, state, time, logging, cancellationToken);
    }

    /// <summary>Starts an edge with options of the caller's, on a state directory that is there already.</summary>
    public static async Task<LocalEdge> StartAsync(
        EdgeOptions options, EdgeInitialized state, TimeProvider time, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        var edge = await TunnelEdge.StartAsync(options, logging, time, cancellationToken);
        try
        {
            var connection = new EdgeConnection(
                new UriBuilder(Uri.UriSchemeHttps, edge.Domain, edge.Port).Uri,
                new IPEndPoint(IPAddress.Loopback, edge.Port),
                state.EdgeCaFile is { } ca ? [.. await CertificateFile.ReadChainAsync(ca, cancellationToken)] : null);
            return new LocalEdge(edge, state, connection, await GuardedFile.ReadSecretAsync(state.AdminKeyFile, cancellationToken));
        }
        catch
        {
            await edge.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => Edge.DisposeAsync();
}
