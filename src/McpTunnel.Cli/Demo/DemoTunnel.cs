using McpTunnel.Certificates.Files;
using McpTunnel.Cli.AdminApi;
using McpTunnel.Cli.CertsCommands;
using McpTunnel.Cli.Demo.Hops;
using McpTunnel.Cli.Demo.Issuer;
using McpTunnel.Cli.Demo.Sample;
using McpTunnel.Cli.Shell;
using McpTunnel.Client.Hosting;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Cli.Demo;

/// <summary>
/// Everything of a demo, running: edge, authorization server and sample server, then the client, which needs them; stopped the other way
/// round.
/// </summary>
internal sealed class DemoTunnel : IAsyncDisposable
{
    /// <summary>The scope that the demo's servers ask for.</summary>
    public const string Scope = "mcp:tools";

    /// <summary>A day: what was printed in the morning still works in the evening.</summary>
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromDays(1);

    /// <summary>Time for the first link and a call on it; on loopback they take milliseconds, so more means that something is wrong.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    private readonly List<IAsyncDisposable> _parts = [];

    public required DemoState State { get; init; }

    public LocalEdge Edge { get; private set; } = null!;

    public TunnelClient Client { get; private set; } = null!;

    public TokenIssuer Issuer { get; private set; } = null!;

    /// <summary>The servers behind the tunnel, the sample included when it is one.</summary>
    public IReadOnlyList<UpstreamSpec> Servers { get; private set; } = [];

    /// <summary>What edge, client and sample server wrote down.</summary>
    public HopLogs Hops { get; } = new();

    /// <summary>The public URL of the first server.</summary>
    public Uri AgentUrl => DemoNames.PublicUrl(Servers[0], Edge.Edge.Port);

    /// <summary>The CA that agents must trust.</summary>
    public string CaFile => Path.Combine(State.Client, CertsGroup.CaCertificate);

    /// <summary>An access token that every server of the demo accepts.</summary>
    public string Token { get; private set; } = "";

    /// <summary>Starts everything; <paramref name="say"/> is told each step.</summary>
    public static async Task<DemoTunnel> StartAsync(
        DemoOptions options, TimeProvider time, ILoggerFactory logging, Action<string> say, CancellationToken cancellationToken)
    {
        var demo = new DemoTunnel { State = DemoState.Open(options.StateDirectory) };
        try
        {
            await demo.StartPartsAsync(options, time, logging, say, cancellationToken);
            return demo;
        }
        catch
        {
            await demo.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        using (State)
        {
            for (var i = _parts.Count - 1; i >= 0; i--)
            {
                await _parts[i].DisposeAsync();
            }
        }
    }

    private async Task StartPartsAsync(DemoOptions options, TimeProvider time, ILoggerFactory logging, Action<string> say, CancellationToken cancellationToken)
    {
        say("Starting an edge, an authorization server and a sample MCP server ...");

        // On threads of their own: most of the time goes into building the three, not into waiting.
        await Task.WhenAll(
            Task.Run(() => StartEdgeAsync(options, time, logging, cancellationToken), cancellationToken),
            Task.Run(() => StartIssuerAsync(time, logging, cancellationToken), cancellationToken),
            Task.Run(() => StartSampleAsync(options, time, logging, cancellationToken), cancellationToken));

        say("Enrolling a client with the edge ...");
        await EnrolAsync(time, cancellationToken);

        say("Starting the client and its links ...");
        await StartClientAsync(options, time, logging, cancellationToken);
        Token = await RequestTokenAsync(cancellationToken);
    }

    private async Task StartEdgeAsync(DemoOptions options, TimeProvider time, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        Edge = Add(await LocalEdge.StartAsync(
            DemoNames.EdgeDomain, State.Edge, options.Port, time, Logging(options, logging, Hops.Edge), cancellationToken));
    }

    private async Task StartIssuerAsync(TimeProvider time, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        var issuerOptions = new TokenIssuerOptions { Scopes = [Scope], TokenLifetime = TokenLifetime };
        Issuer = Add(await TokenIssuer.StartAsync(issuerOptions, null, time, logging, cancellationToken));
    }

    private async Task StartSampleAsync(DemoOptions options, TimeProvider time, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        Servers = options.Upstreams;
        if (options.Upstreams.Count == 0)
        {
            var sample = Add(await SampleServer.StartAsync(0, time, logging, options.KeepHops ? new UpstreamObserver(Hops, time).ObserveAsync : null, cancellationToken));
            Servers = [new UpstreamSpec(UpstreamSpec.SampleName, sample.Url)];
        }
    }

    /// <summary>What an administrator and then the client's operator do, over the same API and with the same code.</summary>
    private async Task EnrolAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        StateDirectory.Ensure(State.Client);
        using var api = new EdgeApi(Edge.Connection, Edge.AdminKey);
        var administration = new EdgeAdministration(api);
        var tunnel = await administration.ListTunnelsAsync(cancellationToken).FirstOrDefaultAsync(t => t.Label == DemoNames.Label, cancellationToken)
            ?? await administration.CreateTunnelAsync(DemoNames.Label, cancellationToken);
        var issued = await administration.IssueTokenAsync(tunnel.Id, null, TimeSpan.Zero, cancellationToken);
        await EdgeEnrolment.EnrolAsync(Edge.Connection, issued.Token, State.Client, cancellationToken);
        if (!File.Exists(CaFile))
        {
            await ServerFiles.InitAsync(State.Client, tunnel.Domain, [], Certificates.Authorities.Validity.Server, time, cancellationToken);
        }
    }

    private async Task StartClientAsync(DemoOptions options, TimeProvider time, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        var yaml = ClientYaml.Write(Edge.Url, Edge.State.EdgeCaFile!, Edge.EndPoint, State.Client, Servers, Issuer.Issuer);
        await AtomicFiles.WriteAsync(State.ClientConfiguration, yaml, FileProtection.Public, cancellationToken);
        var settings = new TunnelClientSettings
        {
            Time = time,
            Loggers = Logging(options, logging, Hops.Client),
            Environment = new Dictionary<string, string>(),
        };
        Client = Add(await TunnelClient.StartAsync(State.ClientConfiguration, settings, cancellationToken));
        await WaitUntilReadyAsync(time, cancellationToken);
    }

    /// <summary>Until a link is up and has carried the client's first call to itself: what is printed then can be used, and <c>/readyz</c> agrees.</summary>
    private async Task WaitUntilReadyAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (Client.Status.Readiness is { Ready: false } readiness)
        {
            if (Client.Completion.IsCompleted || time.GetElapsedTime(began) >= Patience)
            {
                throw new CliException(ExitCode.Failed, "The client is not ready.", $"{Edge.Url}", string.Join(' ', readiness.Reasons));
            }

            await Task.Delay(Look, time, cancellationToken);
        }
    }

    private async Task<string> RequestTokenAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        return await DemoTokens.RequestAsync(
            http, Issuer, [.. Servers.Select(server => DemoNames.PublicUrl(server, Edge.Edge.Port).AbsoluteUri)], Scope, cancellationToken);
    }

    private static ILoggerFactory Logging(DemoOptions options, ILoggerFactory logging, HopLog hop) =>
        options.KeepHops ? new TeeLoggerFactory(logging, hop) : logging;

    private T Add<T>(T part)
        where T : IAsyncDisposable
    {
        lock (_parts)
        {
            _parts.Add(part);
        }

        return part;
    }
}
