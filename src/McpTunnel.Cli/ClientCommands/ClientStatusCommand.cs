using System.CommandLine;
using System.Text.Json;
using McpTunnel.Cli.Shell;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Health;

namespace McpTunnel.Cli.ClientCommands;

/// <summary><c>client status</c></summary>
internal static class ClientStatusCommand
{
    /// <summary>The management listener's default address.</summary>
    private const string DefaultUrl = "http://127.0.0.1:9464";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static Command Create(CliProgram program)
    {
        var config = ClientRunCommand.ConfigOption();
        var management = new Option<string?>("--management") { Description = $"The client's management listener; {DefaultUrl} when not given.", HelpName = "URL" };
        var command = new Command("status", "Ask a running client how it is. Exit code 1 when it is not ready.") { config, management };
        return program.Bind(command, async (context, cancellationToken) =>
        {
            var url = context.Get(management) is { } text ? ParseUrl(text)
                : context.Get(config) is { } file ? UrlOf(file.FullName)
                : new Uri(DefaultUrl);
            var status = await new StartPatience(context.Output, context.Time).TryAsync(
                () => ReadAsync(new Uri(url, "/status"), cancellationToken),
                answer => answer.Readiness.Starting && context.Time.GetUtcNow() - answer.StartedAt < StartPatience.Limit,
                "The client is just starting, or not running.",
                cancellationToken);
            context.Output.Result(status, StatusPrinter.Print);
            return status.Readiness.Ready ? ExitCode.Ok : ExitCode.Failed;
        });
    }

    private static Uri ParseUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            ? url
            : throw new CliException(ExitCode.Usage, $"'{text}' is not the URL of a management listener.", "--management", $"Write for example {DefaultUrl}.");

    private static Uri UrlOf(string configurationFile)
    {
        var configuration = ClientConfiguration.Loader().Load(configurationFile);
        var listen = configuration.Value?.Management.Listen ?? throw new CliException(
            ExitCode.Usage,
            $"The configuration has errors, so it does not say where the client's management listener is: {configuration.Errors[0]}",
            configurationFile,
            "A client that runs goes on with what it read before: ask it with --management and the address that it printed. Then mend the file.");
        return listen.Port == 0
            ? throw new CliException(
                ExitCode.Usage, "The configuration gives the management listener any free port.", configurationFile, "Name the address that the client printed with --management.")
            : new Uri($"http://{listen}");
    }

    private static async Task<ClientStatus> ReadAsync(Uri url, CancellationToken cancellationToken)
    {
        using var http = ManagementHttp.Create(Patience);
        try
        {
            var body = await http.GetByteArrayAsync(url, cancellationToken);
            return JsonSerializer.Deserialize(body, PlainText.Read<ClientStatus>(HealthJson.Default)) is
            { Software: not null, Readiness: { Reasons: not null, Warnings: not null }, Carrier.Rungs: not null, Links: not null, Servers: not null } status
                ? status
                : throw new JsonException();
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new CliException(ExitCode.Unreachable, "No client answers.", url.AbsoluteUri, "Is it running? 'client run' prints the address of its management listener.", e);
        }
        catch (JsonException e)
        {
            throw new CliException(ExitCode.Failed, "What answers is not a client of this version.", url.AbsoluteUri, "Check the address.", e);
        }
    }
}
