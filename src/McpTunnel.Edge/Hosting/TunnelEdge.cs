using System.Net;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Directory;
using McpTunnel.Edge.Enrolment;
using McpTunnel.Edge.Handover;
using McpTunnel.Edge.Health;
using McpTunnel.Edge.Ingress;
using McpTunnel.Edge.Ingress.Admission;
using McpTunnel.Edge.Ingress.Quic;
using McpTunnel.Edge.Ingress.Relaying;
using McpTunnel.Edge.Telemetry;
using McpTunnel.Protocol.Codes;
using McpTunnel.Transport;
using McpTunnel.Transport.Logging;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Hosting;

/// <summary>
/// A running edge node. Started and stopped as one; thread-safe. Order of the end: not ready → no new connections → links told to
/// leave → streams run out, up to the grace → links closed → server stopped → registry closed. When another process takes over, that one accepts
/// connections from the first step on, and this one ends in the same order.
/// </summary>
public sealed class TunnelEdge : IAsyncDisposable
{
    /// <summary>What is left after the streams have ended or been cut takes no longer.</summary>
    private static readonly TimeSpan ServerGrace = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan EndStep = TimeSpan.FromMilliseconds(5);

    private readonly EdgeOptions _options;
    private readonly WebApplication _app;
    private readonly EdgeResources _resources;
    private readonly IngressServer _ingress;
    private readonly HandoverServer _handover;
    private readonly Departure _departure;
    private readonly Predecessor? _predecessor;
    private readonly ILogger _logger;
    private readonly Lazy<Task> _disposal;
    private Task? _stop;
    private readonly Lock _gate = new();

    private TunnelEdge(EdgeOptions options, WebApplication app, EdgeResources resources, Predecessor? predecessor, Uri managementUrl)
    {
        _options = options;
        _app = app;
        _resources = resources;
        _predecessor = predecessor;
        _ingress = app.Services.GetRequiredService<IngressServer>();
        _handover = app.Services.GetRequiredService<HandoverServer>();
        _departure = app.Services.GetRequiredService<Departure>();
        _logger = app.Services.GetRequiredService<ILogger<TunnelEdge>>();
        _disposal = new Lazy<Task>(DisposeCoreAsync);
        ManagementUrl = managementUrl;
    }

    /// <summary>The edge's domain.</summary>
    public string Domain => _options.Domain;

    /// <summary>The first address it listens on; its port is real also where the options say 0.</summary>
    public int Port => EndPoints[0].Port;

    /// <summary>Where it listens, in the order of the options.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints => _ingress.EndPoints;

    /// <summary>Where <c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c> are.</summary>
    public Uri ManagementUrl { get; }

    /// <summary>What the process before this one was told by its service manager; empty when there was none.</summary>
    public IReadOnlyDictionary<string, string> Inherited => _predecessor?.Environment ?? new Dictionary<string, string>();

    /// <summary>What a process that takes over is told about this one's service manager.</summary>
    public IReadOnlyDictionary<string, string> ForSuccessor
    {
        set => _handover.Environment = value;
    }

    /// <summary>Completes with the id of the process that has taken over; this one stops by itself then.</summary>
    public Task<int> TakenOver => WhenTakenOverAsync();

    internal IServiceProvider Services => _app.Services;

    /// <summary>Opens the state directory and starts to listen.</summary>
    /// <param name="options">From <see cref="EdgeConfiguration"/>, or made in code.</param>
    /// <param name="loggers">Where events go. Not disposed here.</param>
    /// <param name="time">The clock; the system's when null.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="EdgeStartException">The state directory is not usable, or an address is taken.</exception>
    public static Task<TunnelEdge> StartAsync(
        EdgeOptions options, ILoggerFactory loggers, TimeProvider? time = null, CancellationToken cancellationToken = default) =>
        StartAsync(options, predecessor: null, loggers, time ?? TimeProvider.System, cancellationToken);

    /// <summary>
    /// As <see cref="StartAsync(EdgeOptions, ILoggerFactory, TimeProvider?, CancellationToken)"/>, in place of the process that runs with the same state
    /// directory: takes its listening sockets over and has it end when what is in flight there is over. That one goes on as before if this fails.
    /// </summary>
    /// <param name="options">May differ from those of the process before, except in the state directory.</param>
    /// <param name="loggers">Where events go. Not disposed here.</param>
    /// <param name="time">The clock; the system's when null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EdgeStartException">No edge runs there, it does not hand over, or this one cannot start.</exception>
    public static async Task<TunnelEdge> TakeOverAsync(
        EdgeOptions options, ILoggerFactory loggers, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        time ??= TimeProvider.System;
        var predecessor = await Predecessor.MeetAsync(options.State, time, loggers.CreateLogger<Predecessor>(), cancellationToken);
        try
        {
            return await StartAsync(options, predecessor, loggers, time, cancellationToken);
        }
        catch
        {
            predecessor.Dispose();
            throw;
        }
    }

    private static async Task<TunnelEdge> StartAsync(
        EdgeOptions options, Predecessor? predecessor, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var resources = await EdgeResources.OpenAsync(options, predecessor, loggers, time, cancellationToken);
        WebApplication? app = null;
        try
        {
            var descriptors = DescriptorRoom.OfProcess();
            var configured = options.Limits;
            options = options with { Limits = descriptors.Cut(configured) };
            ListenOptions? management = null;
            app = BuildApplication(options, resources, descriptors, loggers, time, bound => management = bound);
            await StartServerAsync(app, options, cancellationToken);
            app.Services.GetRequiredService<EdgeMetrics>().BeginAtZero();
            app.Services.GetRequiredService<EnrolmentMetrics>().BeginAtZero();
            TransportMetrics.BeginEdgeAtZero();
            var edge = new TunnelEdge(options, app, resources, predecessor, new Uri($"http://{management!.IPEndPoint}"));
            edge._ingress.Bind([.. options.Listen.Select(EndPointOf)], options.Limits.Backlog);
            cancellationToken.ThrowIfCancellationRequested();
            await edge.OpenAsync();
            edge._logger.EdgeStarted(options.Node, options.Domain, string.Join(", ", edge.EndPoints), edge.ManagementUrl.ToString());

            if (descriptors.Files is { } files && options.Limits != configured)
            {
                edge._logger.FewDescriptors(files, descriptors.ForConnections, options.Limits.PendingConnections, options.Limits.StreamsPerSource, options.Limits.OwnNameConnections - options.Limits.Links);
            }

            // What stands in the way of serving is in the log from the start, whether anybody asks for readiness or not.
            await app.Services.GetRequiredService<Readiness>().ReportAsync(CancellationToken.None);
            app.Services.GetRequiredService<CertificateReminder>().Start();
            return edge;
        }
        catch
        {
            if (app is not null)
            {
                await app.DisposeAsync();
            }

            await resources.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops gracefully. Idempotent; later calls wait for the first one.</summary>
    /// <param name="grace">How long streams in flight may go on; as in the options when null.</param>
    public Task StopAsync(TimeSpan? grace = null)
    {
        lock (_gate)
        {
            return _stop ??= StopCoreAsync(grace ?? _options.ShutdownGrace);
        }
    }

    /// <summary>
    /// Ends every link at once, whatever is in flight, and waits until the clients have heard it: for a process that is about to end. Over UDP nothing else would tell them.
    /// </summary>
    public async Task EndLinksAsync()
    {
        var directory = _app.Services.GetRequiredService<LinkDirectory>();
        directory.CloseAll(TunnelCode.Shutdown, "The edge node was stopped at once.");
        while (directory.Count > 0)
        {
            await Task.Delay(EndStep, _app.Services.GetRequiredService<TimeProvider>());
        }
    }

    /// <summary>Stops at once unless stopped already, and lets go of everything.</summary>
    public async ValueTask DisposeAsync() => await _disposal.Value;

    private static WebApplication BuildApplication(
        EdgeOptions options, EdgeResources resources, DescriptorRoom descriptors, ILoggerFactory loggers, TimeProvider time, Action<ListenOptions> onManagementBound)
    {
        // Empty: no appsettings.json of the working directory, no ASPNETCORE_ variables, no signal handlers.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<ILoggerFactory>(_ => new BoundedLoggerFactory(loggers, EdgeLineRules.All, time));
        builder.Services.AddRouting();
        builder.Services.AddSingleton(resources);
        builder.Services.AddSingleton(descriptors);
        builder.Services.AddTunnelEdge(options, resources, time);
        EdgeServer.Configure(builder, EndPointOf(options.Management), onManagementBound);
        var app = builder.Build();
        EdgePipeline.Build(app, app.Services.GetRequiredService<EdgeNames>());
        EdgeGauges.Register(
            app.Services.GetRequiredService<EdgeMetrics>(),
            app.Services.GetRequiredService<EdgeNode>(),
            app.Services.GetRequiredService<AdmissionControl>(),
            app.Services.GetRequiredService<RelayTable>(),
            app.Services.GetRequiredService<LinkDirectory>(),
            app.Services.GetRequiredService<QuicIngress>(),
            app.Services.GetRequiredService<QuicAdmission>(),
            resources.Certificate,
            time);
        return app;
    }

    private static async Task StartServerAsync(WebApplication app, EdgeOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException exception)
        {
            throw new EdgeStartException(
                $"The edge cannot listen on {options.Management} for health and metrics: {exception.Message} Name another address under 'management'.", exception);
        }
    }

    private static IPEndPoint EndPointOf(McpTunnel.Configuration.Values.HostEndPoint address) =>
        address.TryGetIPEndPoint(out var endPoint) && endPoint is not null
            ? endPoint
            : throw new EdgeStartException($"'{address}' is not an IP address and a port. Write an address of this machine, such as 0.0.0.0:443.");

    /// <summary>
    /// Everything that could fail has not: from here on this process serves, and the one before does so no more. Whoever wants this one to end has to stop it, so that nothing is
    /// cut off; giving up the start is over.
    /// </summary>
    private async Task OpenAsync()
    {
        if (_predecessor is not null)
        {
            await _predecessor.RelieveAsync(_app.Services.GetRequiredService<Neighbour>(), _ingress.Adopt);
            _resources.Sockets.CloseUnused();
            _logger.TookOver();
        }

        _ingress.Start();
        _app.Services.GetRequiredService<ManagementGate>().Open();
        _handover.Start(_departure.LeaveToSuccessorAsync, _ingress.Adopt);
        _ = StopWhenTakenOverAsync();
        if (_options.Quic)
        {
            // The UDP ports only once the process before has let go of them: packets of its connections would come here otherwise, since the native library shares a port
            // between processes of one user.
            var free = _predecessor?.UdpFree ?? Task.CompletedTask;
            var started = _app.Services.GetRequiredService<QuicIngress>().StartWhenAsync(free, EndPoints, _app.Services.GetRequiredService<EdgeNode>().Stopping);
            await (free.IsCompleted ? started : Task.CompletedTask);
        }
    }

    private async Task<int> WhenTakenOverAsync() => (await _handover.Relieved).Peer.Process;

    private async Task StopWhenTakenOverAsync()
    {
        await _handover.Relieved;
        await StopAsync();
    }

    private async Task StopCoreAsync(TimeSpan grace)
    {
        var time = _app.Services.GetRequiredService<TimeProvider>();
        var relays = _app.Services.GetRequiredService<RelayTable>();
        var directory = _app.Services.GetRequiredService<LinkDirectory>();
        using (var limit = new CancellationTokenSource(grace, time))
        using (var end = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _handover.SuccessorLost))
        {
            _logger.EdgeStopping(_options.Node, directory.Count, relays.Count, grace);
            await (_handover.Relieved.IsCompletedSuccessfully
                ? _departure.SendLinksToAsync(await _handover.Relieved, grace, end.Token)
                : _departure.SendLinksAwayAsync(grace));
            try
            {
                await relays.WhenEmptyAsync(end.Token);
                await (_predecessor?.Ended ?? Task.CompletedTask).WaitAsync(end.Token);
            }
            catch (OperationCanceledException)
            {
                // The grace is over; what still runs is cut below.
            }
        }

        var cut = relays.AbortAll();
        directory.CloseAll(TunnelCode.Shutdown, "The edge node has stopped.");
        using (var limit = new CancellationTokenSource(ServerGrace, time))
        {
            await _app.StopAsync(limit.Token);
        }

        _logger.EdgeStopped(_options.Node, cut);
    }

    private async Task DisposeCoreAsync()
    {
        await StopAsync(TimeSpan.Zero);
        await _app.DisposeAsync();
        await _resources.DisposeAsync();
        _predecessor?.Dispose();
    }
}
