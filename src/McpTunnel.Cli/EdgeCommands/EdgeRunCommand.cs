using System.CommandLine;
using McpTunnel.Cli.Shell;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Hosting;
using McpTunnel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Cli.EdgeCommands;

/// <summary><c>edge run</c></summary>
internal static class EdgeRunCommand
{
    public static Command Create(CliProgram program)
    {
        var config = new Option<FileInfo>("--config") { Description = "The edge.yaml that 'edge init' made.", Required = true, HelpName = "FILE" };
        var command = new Command("run", "Run an edge until it is told to stop.") { config };
        return program.Bind(command, RunAsync, LogLevel.Information);

        async Task<ExitCode> RunAsync(CommandContext context, CancellationToken cancellationToken)
        {
            SocketCompletions.PreferInline();
            var options = EdgeConfiguration.Loader().Load(context.Get(config).FullName).Require();
            await using var edge = await TunnelEdge.StartAsync(options, context.Logging, context.Time, cancellationToken);
            var ready = new
            {
                edge.Domain,
                EndPoints = edge.EndPoints.Select(endPoint => endPoint.ToString()).ToList(),
                ManagementUrl = edge.ManagementUrl.AbsoluteUri,
            };
            context.Output.Result(ready, (console, running) => Output.Pairs(
                console,
                ("edge", running.Domain),
                ("listens on", string.Join(", ", running.EndPoints)),
                ("health", running.ManagementUrl)));
            await using var manager = new ServiceManager(context.Time);
            manager.Ready();
            await Termination.WaitAsync(cancellationToken);
            manager.Stopping();
            await edge.StopAsync();
            return ExitCode.Ok;
        }
    }
}
