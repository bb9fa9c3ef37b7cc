using System.CommandLine;
using McpTunnel.Cli.Shell;

namespace McpTunnel.Cli.EdgeCommands;

/// <summary><c>mcptunnel edge</c>: set up and run an edge, and administer one over its API.</summary>
internal static class EdgeGroup
{
    public static Command Create(CliProgram program) => new("edge", "Set up, run and administer an edge.")
    {
        EdgeInitCommand.Create(program),
        EdgeRunCommand.Create(program),
        EdgeReloadCommand.Create(program),
        new Command("tunnels", "Create, list, show and archive tunnels.")
        {
            TunnelsCreateCommand.Create(program),
            TunnelsListCommand.Create(program),
            TunnelsShowCommand.Create(program),
            TunnelsArchiveCommand.Create(program),
        },
        new Command("tokens", "Issue, list, rotate and revoke the tokens with which clients register.")
        {
            TokensCreateCommand.Create(program),
            TokensListCommand.Create(program),
            TokensRotateCommand.Create(program),
            TokensRevokeCommand.Create(program),
        },
        LinksCommand.Create(program),
    };
}
