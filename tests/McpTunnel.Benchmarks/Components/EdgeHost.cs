using System.Globalization;
using McpTunnel.Configuration.Values;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Hosting;
using McpTunnel.Edge.Initialization;
using McpTunnel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.Benchmarks.Components;

/// <summary>The product's edge as it is, from a state directory that it makes where it is missing; in a process that can be asked for its memory.</summary>
internal static class EdgeHost
{
    public const string Name = "edge";

    /// <summary>A free one.</summary>
    public const string AnyPort = "0";

    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        SocketCompletions.PreferInline();
        if (arguments is not [var domain, var state, var port, .. var rest])
        {
            throw new ArgumentException("edge DOMAIN STATE PORT [ADDRESS]", nameof(arguments));
        }

        var made = await EdgeInitializer.InitializeAsync(
            new EdgeInitialization { Domain = domain, StateDirectory = state }, TimeProvider.System, NullLoggerFactory.Instance, cancellationToken);
        var options = EdgeConfiguration.Loader().Load(made.ConfigurationFile).Require() with
        {
            Listen = [new HostEndPoint(rest.FirstOrDefault("127.0.0.1"), int.Parse(port, CultureInfo.InvariantCulture))],
            Management = new HostEndPoint("127.0.0.1", 0),
        };
        using var outcomes = new OutcomeCounter();
        await using var edge = await TunnelEdge.StartAsync(options, NullLoggerFactory.Instance, TimeProvider.System, cancellationToken);
        await ComponentHost.ServeAsync(
            edge.Port.ToString(CultureInfo.InvariantCulture), cancellationToken, question => Task.FromResult(question == Questions.Outcomes ? outcomes.ToString() : null));
        return 0;
    }
}
