using System.CommandLine;
using McpTunnel.Certificates.Files;
using McpTunnel.Cli.Demo.Agents;
using McpTunnel.Cli.Demo.Once;
using McpTunnel.Cli.Shell;
using Spectre.Console;

namespace McpTunnel.Cli.Demo;

/// <summary><c>mcptunnel demo</c></summary>
internal static class DemoCommand
{
    public static Command Create(CliProgram program)
    {
        var once = new Option<bool>("--once") { Description = "Make calls in both protocol eras, print what each hop did, and exit." };
        var upstreams = new Option<string[]>("--upstream")
        {
            Description = "Serve this MCP server in place of the sample; may be given several times.",
            HelpName = "NAME=URL",
            DefaultValueFactory = _ => [],
        };
        var state = new Option<DirectoryInfo?>("--state") { Description = "Keep keys, certificates and registry here; without it they go with the demo.", HelpName = "DIR" };
        var port = new Option<int>("--port") { Description = "The port for agents and links on loopback; 0 takes a free one.", HelpName = "N" };
        var command = new Command("demo", "Run edge, client, authorization server, sample MCP server and an agent on loopback, for real.") { once, upstreams, state, port };
        return program.Bind(command, async (context, cancellationToken) =>
        {
            var options = new DemoOptions(UpstreamSpec.ParseAll(context.Get(upstreams)), context.Get(state)?.FullName, CheckPort(context.Get(port)), context.Get(once));
            var started = context.Time.GetTimestamp();
            await using var demo = await DemoTunnel.StartAsync(options, context.Time, context.Logging, context.Output.Progress, cancellationToken);
            if (context.Get(once))
            {
                return await RunOnceAsync(context, demo, context.Time.GetElapsedTime(started), cancellationToken);
            }

            var curl = await CurlCommand.PrepareAsync(demo, cancellationToken);
            context.Output.Result(DemoReady.Of(demo), (console, _) => PrintReady(console, demo, curl));
            await Termination.WaitAsync(cancellationToken);
            return ExitCode.Ok;
        });
    }

    private static async Task<ExitCode> RunOnceAsync(CommandContext context, DemoTunnel demo, TimeSpan startedIn, CancellationToken cancellationToken)
    {
        using var authority = (await CertificateFile.ReadChainAsync(demo.CaFile, cancellationToken))[0];
        var connector = new MeasuringConnector(demo.Edge.EndPoint, authority, context.Time);
        var report = await new OnceRun(demo, connector, context.Time).RunAsync(startedIn, cancellationToken);
        context.Output.Result(report, OncePrinter.Print);
        return report.Passed ? ExitCode.Ok : ExitCode.Failed;
    }

    private static void PrintReady(IAnsiConsole console, DemoTunnel demo, string curl)
    {
        Output.Pairs(
            console,
            [
                .. demo.Servers.Select(server => ("server", (string?)$"{DemoNames.PublicUrl(server, demo.Edge.Edge.Port)}  →  {server.Url}")),
                ("agents trust", demo.CaFile),
                ("issuer", demo.Issuer.Issuer),
                ("edge health", demo.Edge.Edge.ManagementUrl.AbsoluteUri + "readyz"),
                ("client status", demo.Client.ManagementUrl.AbsoluteUri + "status"),
                ("state", demo.State.Root),
            ]);
        console.WriteLine();
        console.WriteLine("Call it from another terminal:");
        console.WriteLine();
        console.WriteLine(curl);
        console.WriteLine();
        console.WriteLine("Ctrl-C ends the demo.");
    }

    private static int CheckPort(int port) =>
        port is >= 0 and <= ushort.MaxValue
            ? port
            : throw new CliException(ExitCode.Usage, $"--port {port} is not a TCP port.", null, "Choose 1 to 65535, or 0 for a free one.");
}
