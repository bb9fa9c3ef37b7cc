using System.CommandLine;
using System.Globalization;
using McpTunnel.Cli.AdminApi;
using McpTunnel.Cli.Shell;
using Spectre.Console;

namespace McpTunnel.Cli.EdgeCommands;

/// <summary><c>edge links</c></summary>
internal static class LinksCommand
{
    public static Command Create(CliProgram program)
    {
        var tunnel = new Option<string?>("--tunnel") { Description = "Only the links of this tunnel, by id.", HelpName = "TUNNEL-ID" };
        return AdminCommand.Bind(program, new Command("links", "List the links that are up.") { tunnel }, async (context, edge, cancellationToken) =>
            context.Output.Result(await edge.ListLinksAsync(context.Get(tunnel), cancellationToken).ToListAsync(cancellationToken), Print));
    }

    private static void Print(IAnsiConsole console, List<LiveLink> links)
    {
        var table = Output.Table("link", "tunnel", "domain", "instance", "state", "carrier", "from", "rtt ms", "streams", "bytes in/out", "since", "software");
        foreach (var link in links)
        {
            table.AddRow(
                new Text(link.Id),
                new Text(link.Tunnel),
                new Text(link.Domain),
                new Text($"{link.Instance}/{link.Index}"),
                new Text(link.State),
                new Text(link.Carrier),
                new Text(link.RemoteAddress),
                new Text(link.RoundTripMilliseconds?.ToString("0.0", CultureInfo.InvariantCulture) ?? "-"),
                new Text(link.Streams.ToString(CultureInfo.InvariantCulture)),
                new Text($"{link.BytesFromClient}/{link.BytesToClient}"),
                new Text($"{link.Since:u}"),
                new Text(link.Software));
        }

        console.Write(table);
    }
}
