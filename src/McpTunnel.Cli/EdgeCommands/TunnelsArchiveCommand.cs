using System.CommandLine;
using McpTunnel.Cli.Shell;
using Spectre.Console;

namespace McpTunnel.Cli.EdgeCommands;

/// <summary><c>edge tunnels archive TUNNEL</c></summary>
internal static class TunnelsArchiveCommand
{
    public static Command Create(CliProgram program)
    {
        var tunnel = AdminCommand.Tunnel();
        var command = new Command("archive", "Take a tunnel out of use for good: its links close, its tokens and certificates are worth nothing.") { tunnel };
        return AdminCommand.Bind(program, command, async (context, edge, cancellationToken) =>
        {
            var archived = await edge.ArchiveTunnelAsync(context.Get(tunnel), cancellationToken);
            context.Output.Result(archived, (console, result) =>
            {
                TunnelPrinter.Print(console, result.Tunnel);
                console.WriteLine($"links closed: {result.LinksClosed}");
            });
        });
    }
}
