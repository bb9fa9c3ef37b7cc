using System.CommandLine;
using McpTunnel.Cli.Shell;
using McpTunnel.Configuration.Values;
using McpTunnel.Edge.Initialization;
using Spectre.Console;

namespace McpTunnel.Cli.EdgeCommands;

/// <summary><c>edge init</c></summary>
internal static class EdgeInitCommand
{
    public static Command Create(CliProgram program)
    {
        var domain = new Option<string>("--domain") { Description = "The edge's domain.", Required = true, HelpName = "DOMAIN" };
        var state = new Option<DirectoryInfo>("--state") { Description = "The directory to make.", Required = true, HelpName = "DIR" };
        var listen = new Option<string[]>("--listen")
        {
            Description = "An address and port to listen on; may be given several times. [::]:443 when not given.",
            HelpName = "HOST:PORT",
            DefaultValueFactory = _ => [],
        };
        var certificate = new Option<FileInfo?>("--certificate-file")
        {
            Description = "A certificate for the edge's own names, PEM, in place of one made here.",
            HelpName = "FILE",
        };
        var key = new Option<FileInfo?>("--key-file") { Description = "The key of --certificate-file.", HelpName = "FILE" };
        var command = new Command("init", "Make an edge's state directory: registry, tunnel CA, certificate, first admin key.") { domain, state, listen, certificate, key };
        return program.Bind(command, async (context, cancellationToken) =>
        {
            var request = new EdgeInitialization
            {
                Domain = context.Get(domain),
                StateDirectory = context.Get(state).FullName,
                Listen = [.. context.Get(listen).Select(ParseListen)],
                CertificateFile = context.Get(certificate)?.FullName,
                KeyFile = context.Get(key)?.FullName,
            };
            context.Output.Result(await EdgeInitializer.InitializeAsync(request, context.Time, context.Logging, cancellationToken), Print);
            return ExitCode.Ok;
        });
    }

    private static HostEndPoint ParseListen(string text) =>
        HostEndPoint.TryParse(text, out var address) && address!.TryGetIPEndPoint(out _)
            ? address
            : throw new CliException(ExitCode.Usage, $"'{text}' is not an IP address and a port.", "--listen", "Write an address of this machine, such as 0.0.0.0:443 or [::]:443.");

    private static void Print(IAnsiConsole console, EdgeInitialized edge)
    {
        console.WriteLine(edge.Made ? $"The edge of {edge.Domain} is ready to run." : $"The edge of {edge.Domain} was made before; nothing was changed.");
        Output.Pairs(
            console,
            ("configuration", edge.ConfigurationFile),
            ("admin key", edge.AdminKeyFile),
            ("tunnel CA", edge.TunnelCaFile),
            ("clients trust", edge.EdgeCaFile));
        console.WriteLine($"DNS: {edge.Domain} and *.{edge.Domain} must point to this machine.");
        console.WriteLine($"Next: mcptunnel edge run --config {edge.ConfigurationFile}");
    }
}
