using System.CommandLine;
using McpTunnel.Cli.Shell;
using Spectre.Console;

namespace McpTunnel.Cli.EdgeCommands;

/// <summary><c>edge tunnels create LABEL</c></summary>
internal static class TunnelsCreateCommand
{
    public static Command Create(CliProgram program)
    {
        var label = new Argument<string>("label") { Description = "A DNS label: the tunnel's domain is LABEL.<edge domain>.", HelpName = "LABEL" };
        return AdminCommand.Bind(program, new Command("create", "Create a tunnel.") { label }, async (context, edge, cancellationToken) =>
        {
            var tunnel = await edge.CreateTunnelAsync(context.Get(label), cancellationToken);
            context.Output.Result(tunnel, (console, created) =>
            {
                TunnelPrinter.Print(console, created);
                console.WriteLine($"Next: mcptunnel edge tokens create {created.Label}{context.ConnectionArguments} --token-file {created.Label}.token");
            });
        });
    }
}
