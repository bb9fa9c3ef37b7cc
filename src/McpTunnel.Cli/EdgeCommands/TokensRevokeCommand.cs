using System.CommandLine;
using McpTunnel.Cli.Shell;
using Spectre.Console;

namespace McpTunnel.Cli.EdgeCommands;

/// <summary><c>edge tokens revoke TUNNEL TOKEN</c></summary>
internal static class TokensRevokeCommand
{
    public static Command Create(CliProgram program)
    {
        var tunnel = AdminCommand.Tunnel();
        var token = new Argument<string>("token") { Description = "The token's id, from 'tokens list'. Never the token itself.", HelpName = "TOKEN-ID" };
        return AdminCommand.Bind(program, new Command("revoke", "Revoke a token; the links that it registered close.") { tunnel, token }, async (context, edge, cancellationToken) =>
        {
            var revoked = await edge.RevokeTokenAsync(context.Get(tunnel), context.Get(token), cancellationToken);
            context.Output.Result(revoked, (console, result) => console.WriteLine($"{result.Record.Id} is revoked; links closed: {result.LinksClosed}"));
        });
    }
}
