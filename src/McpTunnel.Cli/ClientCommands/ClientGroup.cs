using System.CommandLine;
using McpTunnel.Cli.Shell;

namespace McpTunnel.Cli.ClientCommands;

/// <summary><c>mcptunnel client</c>: the process in the private network.</summary>
internal static class ClientGroup
{
    public static Command Create(CliProgram program) => new("client", "Enrol, run and look at a client in the private network.")
    {
        ClientEnrollCommand.Create(program),
        ClientRunCommand.Create(program),
        ClientStatusCommand.Create(program),
    };
}
