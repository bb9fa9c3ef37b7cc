using System.CommandLine;
using McpTunnel.Cli.Shell;

namespace McpTunnel.Cli.EdgeCommands;

/// <summary><c>edge tokens create TUNNEL</c></summary>
internal static class TokensCreateCommand
{
    public static Command Create(CliProgram program)
    {
        var tunnel = AdminCommand.Tunnel();
        var lifetime = TokenIssuing.Lifetime();
        var file = TokenIssuing.TokenFile();
        var command = new Command("create", "Issue a token for a tunnel. A current one stays valid beside it for a day.") { tunnel, lifetime, file };
        return AdminCommand.Bind(program, command, async (context, edge, cancellationToken) =>
        {
            TokenIssuing.CheckTarget(context.Get(file));
            var issued = await edge.IssueTokenAsync(context.Get(tunnel), context.Get(lifetime), null, cancellationToken);
            await TokenIssuing.HandOverAsync(context, issued, context.Get(file), cancellationToken);
        });
    }
}
