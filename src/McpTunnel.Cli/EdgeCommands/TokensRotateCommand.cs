using System.CommandLine;
using McpTunnel.Cli.Shell;

namespace McpTunnel.Cli.EdgeCommands;

/// <summary><c>edge tokens rotate TUNNEL</c>: as create, with a say in how long the current token goes on.</summary>
internal static class TokensRotateCommand
{
    public static Command Create(CliProgram program)
    {
        var tunnel = AdminCommand.Tunnel();
        var overlap = DurationOption.Create("--overlap", "How long the current token is valid beside the new one; 1d when not given, 0s ends it and its links at once.");
        var lifetime = TokenIssuing.Lifetime();
        var file = TokenIssuing.TokenFile();
        var command = new Command("rotate", "Issue a new token and end the current one after an overlap.") { tunnel, overlap, lifetime, file };
        return AdminCommand.Bind(program, command, async (context, edge, cancellationToken) =>
        {
            TokenIssuing.CheckTarget(context.Get(file));
            var issued = await edge.IssueTokenAsync(context.Get(tunnel), context.Get(lifetime), context.Get(overlap), cancellationToken);
            await TokenIssuing.HandOverAsync(context, issued, context.Get(file), cancellationToken);
        });
    }
}
