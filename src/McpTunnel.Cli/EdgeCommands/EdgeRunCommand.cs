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
        var takeOver = new Option<bool>("--take-over") { Description = "Take the place of the edge that runs with the same state directory, without a gap." };
        var command = new Command("run", "Run an edge until it is told to stop.") { config, takeOver };
        return program.Bind(command, RunAsync, LogLevel.Information);

        async Task<ExitCode> RunAsync(CommandContext context, CancellationToken cancellationToken)
        {
            SocketCompletions.PreferInline();
            var options = EdgeConfiguration.Loader().Load(context.Get(config).FullName).Require();
            await using var edge = context.Get(takeOver)
                ? await TunnelEdge.TakeOverAsync(options, context.Logging, context.Time, cancellationToken)
                : await TunnelEdge.StartAsync(options, context.Logging, context.Time, cancellationToken);
            context.OnSecondSignal(edge.EndLinksAsync);
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
            await using var manager = ServiceManager.Succeed(edge.Inherited, context.Time);
            edge.ForSuccessor = ServiceManager.ForSuccessor;
            manager.Ready();
            ReadyPipe.Say(context.Terminal);
            if (await Task.WhenAny(Termination.WaitAsync(cancellationToken), edge.TakenOver) is Task<int> takenOver)
            {
                await manager.HandOverAsync(await takenOver);
            }
            else
            {
                manager.Stopping();
            }

            await edge.StopAsync();
            return ExitCode.Ok;
        }
    }
}
