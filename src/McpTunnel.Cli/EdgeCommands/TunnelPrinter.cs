using McpTunnel.Cli.AdminApi;
using McpTunnel.Cli.Shell;
using Spectre.Console;

namespace McpTunnel.Cli.EdgeCommands;

/// <summary>Tunnels for a person.</summary>
internal static class TunnelPrinter
{
    public static void Print(IAnsiConsole console, Tunnel tunnel) => Output.Pairs(
        console,
        ("tunnel", tunnel.Id),
        ("label", tunnel.Label),
        ("domain", tunnel.Domain),
        ("state", tunnel.State),
        ("created", $"{tunnel.Created:u}"));

    public static void Print(IAnsiConsole console, IReadOnlyList<Tunnel> tunnels)
    {
        var table = Output.Table("tunnel", "label", "domain", "state", "created");
        foreach (var tunnel in tunnels)
        {
            table.AddRow(new Text(tunnel.Id), new Text(tunnel.Label), new Text(tunnel.Domain), new Text(tunnel.State), new Text($"{tunnel.Created:u}"));
        }

        console.Write(table);
    }
}
