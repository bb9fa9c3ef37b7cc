using System.CommandLine;
using McpTunnel.Cli.AdminApi;
using McpTunnel.Cli.Shell;

namespace McpTunnel.Cli.EdgeCommands;

/// <summary>What every command over the admin API has in common.</summary>
internal static class AdminCommand
{
    /// <summary>Gives a command the connection options and an action that has the API in hand.</summary>
    public static Command Bind(
        CliProgram program, Command command, Func<CommandContext, EdgeAdministration, CancellationToken, Task> action)
    {
        var connection = new EdgeConnectionOptions();
        connection.AddTo(command);
        return program.Bind(command, async (context, cancellationToken) =>
        {
            var edge = await connection.ReadAsync(context, cancellationToken);
            var patience = edge.IsOwnMachine ? new StartPatience(context.Output, context.Time) : null;
            using var api = new EdgeApi(edge, await connection.ReadAdminKeyAsync(context, cancellationToken), patience);
            await action(context with { ConnectionArguments = connection.Given(context) }, new EdgeAdministration(api), cancellationToken);
            return ExitCode.Ok;
        });
    }

    /// <summary>The argument that names a tunnel.</summary>
    public static Argument<string> Tunnel() => new("tunnel") { Description = "The tunnel's id or label.", HelpName = "TUNNEL" };
}
