using System.CommandLine;
using McpTunnel.Cli.Shell;

namespace McpTunnel.Cli.EdgeCommands;

/// <summary><c>edge tunnels list</c></summary>
internal static class TunnelsListCommand
{
    public static Command Create(CliProgram program) =>
        AdminCommand.Bind(program, new Command("list", "List all tunnels."), async (context, edge, cancellationToken) =>
            context.Output.Result(await edge.ListTunnelsAsync(cancellationToken).ToListAsync(cancellationToken), TunnelPrinter.Print));
}
