using System.CommandLine;
using McpTunnel.Cli.AdminApi;
using McpTunnel.Cli.Shell;
using Spectre.Console;

namespace McpTunnel.Cli.EdgeCommands;

/// <summary><c>edge tokens list TUNNEL</c></summary>
internal static class TokensListCommand
{
    public static Command Create(CliProgram program)
    {
        var tunnel = AdminCommand.Tunnel();
        return AdminCommand.Bind(program, new Command("list", "List a tunnel's tokens; the tokens themselves are not kept.") { tunnel }, async (context, edge, cancellationToken) =>
            context.Output.Result(await edge.ListTokensAsync(context.Get(tunnel), cancellationToken).ToListAsync(cancellationToken), Print));
    }

    private static void Print(IAnsiConsole console, List<TunnelToken> tokens)
    {
        var table = Output.Table("token", "fingerprint", "state", "created", "expires");
        foreach (var token in tokens)
        {
            var state = token.Valid ? "valid" : token.Revoked is null ? "expired" : "revoked";
            table.AddRow(
                new Text(token.Id), new Text(token.Fingerprint), new Text(state), new Text($"{token.Created:u}"), new Text(token.Expires is { } expires ? $"{expires:u}" : "never"));
        }

        console.Write(table);
    }
}
