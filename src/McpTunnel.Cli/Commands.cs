using System.CommandLine;
using McpTunnel.Cli.CertsCommands;
using McpTunnel.Cli.ClientCommands;
using McpTunnel.Cli.Demo;
using McpTunnel.Cli.EdgeCommands;
using McpTunnel.Cli.Shell;

namespace McpTunnel.Cli;

/// <summary>The tree of commands: a folder a group, a file a command.</summary>
internal static class Commands
{
    public static RootCommand Root(CliProgram program) => new("Outbound-only tunnel for MCP servers: a blind edge, a governed client.")
    {
        GlobalOptions.Json,
        GlobalOptions.Log,
        GlobalOptions.Debug,
        DemoCommand.Create(program),
        EdgeGroup.Create(program),
        ClientGroup.Create(program),
        CertsGroup.Create(program),
    };
}
