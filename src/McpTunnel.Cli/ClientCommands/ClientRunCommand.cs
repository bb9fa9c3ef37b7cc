using System.CommandLine;
using McpTunnel.Cli.Shell;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Enrolment;
using McpTunnel.Client.Hosting;
using McpTunnel.Transport;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Cli.ClientCommands;

/// <summary><c>client run</c></summary>
internal static class ClientRunCommand
{
    public static Command Create(CliProgram program)
    {
        var config = ConfigOption();
        config.Required = true;
        var command = new Command("run", "Run a client until it is told to stop, or the edge refuses it for good.") { config };
        return program.Bind(command, (context, cancellationToken) => RunAsync(context, context.Get(config)!.FullName, cancellationToken), LogLevel.Information);
    }

    public static Option<FileInfo?> ConfigOption() => new("--config") { Description = "The client's configuration.", HelpName = "FILE" };

    private static async Task<ExitCode> RunAsync(CommandContext context, string file, CancellationToken cancellationToken)
    {
        var settings = new TunnelClientSettings { Time = context.Time, Loggers = context.Logging };
        var options = ClientConfiguration.Loader().Load(file).Require();
        CheckEnrolment(options.StateDirectory);
        await using var client = await TunnelClient.StartAsync(file, settings, cancellationToken);
        context.OnSecondSignal(client.EndLinksAsync);
        await using var manager = new ServiceManager(context.Time);
        var stop = Termination.WaitAsync(cancellationToken);
        if (await Task.WhenAny(client.FirstRegistered, client.Completion, stop) == client.FirstRegistered)
        {
            PrintReady(context, client);
            manager.Ready();
        }

        if (await Task.WhenAny(client.Completion, stop) == client.Completion && await client.Completion is { } refusal)
        {
            throw Refused(refusal);
        }

        manager.Stopping();
        await client.StopAsync(options.Limits.StopGrace);
        return ExitCode.Ok;
    }

    private static void CheckEnrolment(string stateDirectory)
    {
        var path = ClientPaths.Enrolment(stateDirectory);
        if (!File.Exists(path))
        {
            throw new CliException(
                ExitCode.Usage, "This client is not enrolled.", path, $"Enrol it: mcptunnel client enroll --edge https://DOMAIN --token-file FILE --state {stateDirectory}");
        }
    }

    private static void PrintReady(CommandContext context, TunnelClient client)
    {
        var status = client.Status;
        var ready = new
        {
            status.Tunnel,
            status.Domain,
            Servers = client.ServerUrls.Select(url => url.AbsoluteUri).ToList(),
            ManagementUrl = client.ManagementUrl.AbsoluteUri,
        };
        context.Output.Result(ready, (console, running) => Output.Pairs(
            console,
            [
                ("tunnel", $"{running.Tunnel} ({running.Domain})"),
                .. running.Servers.Select(server => ("server", (string?)server)),
                ("status", running.ManagementUrl + "status"),
            ]));
    }

    private static CliException Refused(LinkRefusedException refusal) =>
        new(ExitCode.Refused, refusal.Message, null, "Mend the cause at the edge or enrol again, then start the client.", refusal) { Refusal = refusal.CodeName };
}
