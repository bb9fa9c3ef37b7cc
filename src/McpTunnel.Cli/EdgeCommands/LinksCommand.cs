using System.CommandLine;
using McpTunnel.Cli.Shell;

namespace McpTunnel.Cli.EdgeCommands;

/// <summary><c>edge links</c></summary>
internal static class LinksCommand
{
    public static Command Create(CliProgram program)
    {
        var tunnel = new Option<string?>("--tunnel") { Description = "Only the links of this tunnel, by id.", HelpName = "TUNNEL-ID" };
        return AdminCommand.Bind(program, new Command("links", "List the links that are up.") { tunnel }, async (context, edge, cancellationToken) =>
            context.Output.Result(await edge.ListLinksAsync(context.Get(tunnel), cancellationToken).ToListAsync(cancellationToken), LinksPrinter.Print));
    }
}
