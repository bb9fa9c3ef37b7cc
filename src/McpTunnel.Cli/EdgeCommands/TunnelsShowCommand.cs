using System.CommandLine;
using McpTunnel.Cli.Shell;

namespace McpTunnel.Cli.EdgeCommands;

/// <summary><c>edge tunnels show TUNNEL</c></summary>
internal static class TunnelsShowCommand
{
    public static Command Create(CliProgram program)
    {
        var tunnel = AdminCommand.Tunnel();
        return AdminCommand.Bind(program, new Command("show", "Show one tunnel.") { tunnel }, async (context, edge, cancellationToken) =>
            context.Output.Result(await edge.ShowTunnelAsync(context.Get(tunnel), cancellationToken), TunnelPrinter.Print));
    }
}
