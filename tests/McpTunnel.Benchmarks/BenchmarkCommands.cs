using System.CommandLine;
using McpTunnel.Benchmarks.Components;
using McpTunnel.Benchmarks.Fleet;
using McpTunnel.Benchmarks.Load;
using McpTunnel.Benchmarks.Micro;
using McpTunnel.Benchmarks.Peers;
using McpTunnel.Benchmarks.Processes;
using McpTunnel.Benchmarks.Scenarios;
using McpTunnel.Benchmarks.Variants;
using McpTunnel.Transport;

namespace McpTunnel.Benchmarks;

/// <summary>The harness's command line: a command per scenario.</summary>
internal static class BenchmarkCommands
{
    private static readonly Option<int> Connections = new("--connections")
    {
        Description = "Agent connections under load.",
        DefaultValueFactory = _ => 32,
    };

    private static readonly Option<double> Seconds = new("--seconds")
    {
        Description = "Length of one measured window, in seconds.",
        DefaultValueFactory = _ => 4,
    };

    private static readonly Option<double> WarmUp = new("--warm-up")
    {
        Description = "Load before each window, in seconds; longer the first time, while the runtime compiles.",
        DefaultValueFactory = _ => 1.5,
    };

    private static readonly Option<int> Rounds = new("--rounds")
    {
        Description = "How often each variant is measured.",
        DefaultValueFactory = _ => 5,
    };

    private static readonly Option<string[]> VariantOption = new("--variants")
    {
        Description = "Measure only these variants (repeatable).",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string?> Json = new("--json") { Description = "Write every round, medians and budgets to this file." };

    private static readonly Option<string> PeersDirectory = new("--peers")
    {
        Description = "Where peers are unpacked.",
        DefaultValueFactory = _ => Path.GetFullPath("artifacts/peers"),
    };

    private static readonly Option<string[]> Settings = new("--tunnel-env")
    {
        Description = "NAME=VALUE for the tunnel's processes, edge:NAME=VALUE or client:NAME=VALUE for one (repeatable); the tunnel without it is measured beside it.",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string?> OtherBuild = new("--before")
    {
        Description = "Directory of another build of this program: its tunnels are measured beside, with '+before' in their names.",
    };

    private static readonly Option<string?> Shape = new("--shape") { Description = "Measure only the kinds of load with this in their title." };

    /// <summary>How a harness at one end of a line is told of the other end: namespace, address here, address there.</summary>
    public const string NetworkOption = "--network";

    private static readonly Option<string?> Network = new(NetworkOption) { Hidden = true };

    private static readonly Option<double> RoundTrip = new("--round-trip")
    {
        Description = "Milliseconds from the client to the edge and back.",
        DefaultValueFactory = _ => LineScenario.DefaultRoundTrip.TotalMilliseconds,
    };

    public static RootCommand Build()
    {
        var root = new RootCommand("Measures McpTunnel beside its peers on this machine. Figures of different runs are not comparable; ratios within one run are.")
        {
            Component(),
            FetchPeers(),
        };
        root.Add(Profile());
        root.Add(IdleLinks());
        root.Add(Idle("idle-connections", "memory of agent connections that say nothing", (count, options, token) => IdleScenario.StreamsAsync(LoadMode.IdleConnections, count, options, token)));
        root.Add(Idle("idle-streams", "memory of event streams that say nothing", (count, options, token) => IdleScenario.StreamsAsync(LoadMode.IdleStreams, count, options, token)));
        root.Add(Fleet());
        root.Add(Micro());
        root.Add(BulkOverLine());
        foreach (var (name, description) in SideBySide.Descriptions)
        {
            root.Add(Measured(name, description, (_, options, token) => SideBySide.RunAsync(name, options, token)));
        }

        return root;
    }

    private static Command BulkOverLine()
    {
        var command = new Command("bulk-rtt", "'bulk' with a long way between client and edge, and the same options; needs root") { RoundTrip };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((parsed, token) => LineScenario.RunAsync(TimeSpan.FromMilliseconds(parsed.GetValue(RoundTrip)), parsed.UnmatchedTokens, token));
        return command;
    }

    private static Command Measured(string name, string description, Func<ParseResult, HarnessOptions, CancellationToken, Task<int>> run)
    {
        var command = new Command(name, description) { Connections, Seconds, WarmUp, Rounds, VariantOption, Json, PeersDirectory, Settings, OtherBuild, Shape, Network };
        command.SetAction(async (parsed, token) =>
        {
            try
            {
                return await run(parsed, ReadOptions(parsed), token);
            }
            catch (InvalidOperationException failure)
            {
                await Console.Error.WriteLineAsync(failure.Message.AsMemory(), token);
                return 1;
            }
        });
        return command;
    }

    private static HarnessOptions ReadOptions(ParseResult parsed) => new(
        parsed.GetValue(Connections), parsed.GetValue(Seconds), parsed.GetValue(WarmUp), parsed.GetValue(Rounds),
        parsed.GetValue(VariantOption) ?? [], parsed.GetValue(Json), parsed.GetValue(PeersDirectory)!,
        new RuntimeSettings(parsed.GetValue(Settings) ?? []),
        parsed.GetValue(OtherBuild) is { } directory ? Path.GetFullPath(directory) : null,
        parsed.GetValue(Shape), parsed.GetValue(Network)?.Split(',') is [var name, var here, var there] ? new BenchNetwork(name, here, there) : BenchNetwork.Loopback);

    private static Command Profile()
    {
        var variant = new Argument<string>("variant") { Description = "The path whose processes are sampled." };
        var load = new Option<string>("--load") { Description = "calls, download (one bulk stream towards the agent) or upload.", DefaultValueFactory = _ => "calls" };
        load.AcceptOnlyFromAmong("calls", "download", "upload");
        var command = Measured("profile", "where the CPU time of a path's processes goes, by Linux perf", ProfileAsync);
        command.Add(variant);
        command.Add(load);
        return command;

        Task<int> ProfileAsync(ParseResult parsed, HarnessOptions options, CancellationToken token) =>
            ProfileScenario.RunAsync(parsed.GetRequiredValue(variant), parsed.GetRequiredValue(load), options, token);
    }

    private static Command IdleLinks()
    {
        var carrier = new Option<Carrier>("--carrier") { Description = "What the links run on.", DefaultValueFactory = _ => Carrier.Tls };
        var count = Count();
        var command = Measured(
            "idle-links", "memory of links that carry nothing",
            (parsed, options, token) => IdleScenario.LinksAsync(parsed.GetValue(count), parsed.GetValue(carrier), options, token));
        command.Add(count);
        command.Add(carrier);
        return command;
    }

    private static Option<int> Count() => new("--count") { Description = "How many.", DefaultValueFactory = _ => 1000 };

    private static Command Idle(string name, string description, Func<int, HarnessOptions, CancellationToken, Task<int>> run)
    {
        var count = Count();
        var command = Measured(name, description, (parsed, options, token) => run(parsed.GetValue(count), options, token));
        command.Add(count);
        return command;
    }

    private static Command Fleet()
    {
        var clients = new Option<int>("--clients") { Description = "Clients, each with a tunnel of its own.", DefaultValueFactory = _ => 2000 };
        var links = new Option<int>("--links") { Description = "Links of each client.", DefaultValueFactory = _ => 1 };
        var carrier = new Option<Carrier>("--carrier") { Description = "What links run on: quic, tls or websocket.", DefaultValueFactory = _ => Carrier.Tls };
        var down = new Option<double>("--down") { Description = "How long the edge is away, in seconds.", DefaultValueFactory = _ => 3 };
        var settle = new Option<double>("--settle") { Description = "Time before memory is read, in seconds: what handshakes leave behind is gone by then.", DefaultValueFactory = _ => 30 };
        var command = Measured("fleet", "many clients on one edge: memory of idle links, and how all come back when the edge is killed", RunAsync);
        foreach (var option in new Option[] { clients, links, carrier, down, settle })
        {
            command.Add(option);
        }

        return command;

        Task<int> RunAsync(ParseResult parsed, HarnessOptions options, CancellationToken token) => FleetScenario.RunAsync(
            new FleetSize(parsed.GetValue(clients), parsed.GetValue(links), parsed.GetValue(carrier)), TimeSpan.FromSeconds(parsed.GetValue(down)),
            TimeSpan.FromSeconds(parsed.GetValue(settle)), options, token);
    }

    private static Command Micro()
    {
        var command = new Command("micro", "small operations, in nanoseconds");
        command.SetAction(_ => MicroScenario.Run());
        return command;
    }

    private static Command FetchPeers()
    {
        var command = new Command("peers", "unpack HAProxy and sshd from Debian beside the system; installs nothing") { PeersDirectory };
        command.SetAction((parsed, token) => new PeerFetcher(parsed.GetValue(PeersDirectory)!).RunAsync(token));
        return command;
    }

    private static Command Component()
    {
        var arguments = new Argument<string[]>("arguments");
        var command = new Command(Self.ComponentVerb, "serve as one process of a measured path") { arguments };
        command.Hidden = true;
        command.SetAction((parsed, token) => ComponentHost.RunAsync(parsed.GetValue(arguments) ?? [], token));
        return command;
    }
}
