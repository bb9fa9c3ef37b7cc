using McpTunnel.Certificates;
using McpTunnel.Certificates.Files;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Enrolment;
using McpTunnel.Client.Health;
using McpTunnel.Client.Linking;
using McpTunnel.Client.Linking.Choice;
using McpTunnel.Client.Proxying;
using McpTunnel.Client.SelfCalls;
using McpTunnel.Client.Telemetry;
using McpTunnel.Configuration;
using McpTunnel.Configuration.Binding;
using McpTunnel.Configuration.Watching;
using McpTunnel.Transport;
using McpTunnel.Transport.Kestrel;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.Hosting;

/// <summary>
/// A running tunnel client: links to the edge, the boundary behind inner TLS, the management listener, and a configuration that
/// is taken over live. The one door of this assembly. Thread-safe.
/// </summary>
public sealed class TunnelClient : IAsyncDisposable
{
    /// <summary>
    /// Time for the edges to learn that this client leaves, and for agents whose connections are busy to learn it from a response; then idle connections are
    /// closed. At most half of the grace.
    /// </summary>
    private static readonly TimeSpan NoticeTime = TimeSpan.FromSeconds(2);

    /// <summary>Time within the grace, at its end, for event streams to end in good order: a round trip to their agents. At most a quarter of the grace.</summary>
    private static readonly TimeSpan StreamEndTime = TimeSpan.FromSeconds(1);

    private readonly TunnelClientSettings _settings;
    private readonly ILogger _logger;
    private readonly Boundary _boundary;
    private readonly LinkSupervisor _supervisor;
    private readonly ClientOptions _started;
    private readonly string _stateDirectory;
    private readonly StatusReader _status;
    private readonly StateLock _lock;
    private BoundaryServer? _server;
    private ManagementServer? _management;
    private ConfigurationFile<ClientOptions>? _file;
    private IReadOnlyList<string> _needsRestart = [];
    private readonly CredentialWatch _credentials;
    private readonly SelfCallBook _selfCallBook = new();
    private readonly SelfCallMonitor _selfCalls;
    private readonly ClientGauges _gauges;
    private int _stopping;

    private TunnelClient(
        ClientOptions options, EnrolmentRecord enrolment, CarrierMemory memory, TunnelClientSettings settings, EdgeProxy edgeProxy, Boundary boundary, LinkConnectionListenerFactory listener,
        StateLock stateLock)
    {
        _lock = stateLock;
        _settings = settings;
        _started = options;
        _stateDirectory = options.StateDirectory;
        _logger = settings.Loggers.CreateLogger<TunnelClient>();
        _boundary = boundary;
        var links = new LinkStarter(options, enrolment, ServerNames, memory, edgeProxy, settings.Resolver, settings.Time, settings.Loggers);
        if (links.Proxy.Describe(links.Edge) is { } proxy)
        {
            HostingLog.ThroughProxy(_logger, proxy);
        }

        _supervisor = new LinkSupervisor(links.DialAsync, link => Attach(listener, link), links.Choice, links.SupervisorOptions, settings.Time, settings.Loggers);
        var caller = new SelfCaller(links.WayToAsync, _boundary.Routes, () => _boundary.Certificates, _selfCallBook, settings.SelfCalls.Patience, settings.Time);
        _selfCalls = new SelfCallMonitor(
            caller, LinksToCallThrough, _selfCallBook.RequestsThrough, ReplaceSilentAsync, settings.SelfCalls with { Every = options.Links.SelfCallEvery }, settings.Time, settings.Loggers.CreateLogger<SelfCallMonitor>());
        _status = new StatusReader(
            enrolment, links, _boundary, _supervisor, () => _selfCalls.Report, () => _file is { } file ? (file.Path, file.Status, _needsRestart) : null, () => _credentials!.Certificate, () => _stopping > 0, settings.Time);
        _gauges = new ClientGauges(_supervisor, () => Volatile.Read(ref _stopping) > 0);
        _credentials = new CredentialWatch(_stateDirectory, _supervisor.RenewAsync, _status.EndingSoon, settings.Time, _logger);
    }

    /// <summary>Where health, status and metrics are.</summary>
    public Uri ManagementUrl => _management!.Url;

    /// <summary>The public URL of each server, in the order of the configuration.</summary>
    public IReadOnlyList<Uri> ServerUrls => [.. _boundary.Routes.Current.Servers.Select(server => new Uri(server.Address.Url))];

    /// <summary>A fresh snapshot of everything.</summary>
    public ClientStatus Status => _status.Read();

    /// <summary>Completes when a first link has been up.</summary>
    public Task FirstRegistered => _supervisor.FirstRegistered;

    /// <summary>Completes when no link will come up again: with the edge's refusal, or null after a stop.</summary>
    public Task<LinkRefusedException?> Completion => _supervisor.Completion;

    /// <summary>Starts from a file and follows its changes.</summary>
    /// <exception cref="ConfigurationException">The file, or one that it names, is not good.</exception>
    /// <exception cref="CertificateException">The state directory has no usable enrolment.</exception>
    public static async Task<TunnelClient> StartAsync(string configurationFile, TunnelClientSettings settings, CancellationToken cancellationToken)
    {
        var loader = ClientConfiguration.Loader(settings.Environment);
        var file = new ConfigurationFile<ClientOptions>(configurationFile, loader, settings.Time, settings.Loggers.CreateLogger<ConfigurationFile<ClientOptions>>());
        try
        {
            return await StartAsync(file.Current, file, settings, cancellationToken);
        }
        catch
        {
            await file.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts from options that were made in code.</summary>
    /// <inheritdoc cref="StartAsync(string, TunnelClientSettings, CancellationToken)" path="/exception"/>
    public static Task<TunnelClient> StartAsync(ClientOptions options, TunnelClientSettings settings, CancellationToken cancellationToken) =>
        StartAsync(options, null, settings, cancellationToken);

    /// <summary>Replaces the servers by those of <paramref name="options"/>, as a changed file does.</summary>
    /// <exception cref="ConfigurationException">They are not good; what was in force stays.</exception>
    public async Task ApplyAsync(ClientOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await _boundary.ApplyAsync(options, cancellationToken);
        }
        catch (ConfigurationException)
        {
            ClientMetrics.Reloaded(accepted: false);
            throw;
        }

        ClientMetrics.Reloaded(accepted: true);
        NoteWhatNeedsRestart(options);
        await _supervisor.AnnounceAsync(ServerNames(), cancellationToken);
    }

    /// <summary>Leaves in order: no new calls, those in progress get up to <paramref name="grace"/>, then everything closes.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        if (Interlocked.Exchange(ref _stopping, 1) == 1)
        {
            return;
        }

        HostingLog.Stopping(_logger, grace.TotalSeconds);
        if (_file is not null)
        {
            await _file.DisposeAsync();
        }

        await _credentials.DisposeAsync();
        await _selfCalls.DisposeAsync();

        // The edge first, so that nothing new comes; then idle connections, which would keep the links from being done.
        using var graceEnds = new CancellationTokenSource(grace, _settings.Time);
        using var streamsEnd = new CancellationTokenSource(grace - Durations.Shorter(grace / 4, StreamEndTime), _settings.Time);
        await using var ending = streamsEnd.Token.Register(() => _server?.EndEventStreams());
        var leaving = _supervisor.StopAsync(grace);
        await Task.WhenAny(leaving, Task.Delay(Durations.Shorter(grace / 2, NoticeTime), _settings.Time));
        if (_server is not null)
        {
            await _server.StopAsync(graceEnds.Token);
        }

        await leaving;
    }

    /// <summary>
    /// Ends every link at once, whatever is in flight, and waits until the edges have heard it: for a process that is about to end. Over UDP nothing else would tell them.
    /// </summary>
    public Task EndLinksAsync() => _supervisor.EndLinksAsync();

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        await _supervisor.DisposeAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        await _boundary.DisposeAsync();
        if (_management is not null)
        {
            await _management.DisposeAsync();
        }

        _gauges.Dispose();
        _lock.Dispose();
    }

    private static async Task<TunnelClient> StartAsync(
        ClientOptions options, ConfigurationFile<ClientOptions>? file, TunnelClientSettings settings, CancellationToken cancellationToken)
    {
        var enrolment = await EnrolmentRecord.ReadAsync(options.StateDirectory, cancellationToken);
        var memory = await CarrierMemory.OpenAsync(options.StateDirectory, settings.Time, settings.Loggers.CreateLogger<LinkSupervisor>(), cancellationToken);
        var stateLock = StateLock.TakeIfWritable(options.StateDirectory, ClientPaths.LockFile);
        var proxy = new EdgeProxy(options.Proxy, addressIsNamed: options.EdgeEndPoints.Count > 0, settings.Time);
        var boundary = new Boundary(enrolment.Domain, proxy, settings.Resolver, settings.Time, settings.Loggers);
        var listener = new LinkConnectionListenerFactory(
            name => boundary.Certificates.ByHost.ContainsKey(name), settings.Time, settings.Loggers,
            new ConnectionLimits { Connections = options.Limits.Connections, Pending = options.Limits.PendingConnections });
        var client = new TunnelClient(options, enrolment, memory, settings, proxy, boundary, listener, stateLock);
        try
        {
            await client.RunAsync(options, listener, cancellationToken);
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }

        client._file = file;
        file?.Start(async (changed, token) => await client.ApplyAsync(changed, token));
        return client;
    }

    /// <summary>In the order in which a call needs things: servers, then the listener, then the links that bring calls.</summary>
    private async Task RunAsync(ClientOptions options, LinkConnectionListenerFactory listener, CancellationToken cancellationToken)
    {
        await _boundary.ApplyAsync(options, cancellationToken);
        await _credentials.StartAsync(cancellationToken);
        _server = await BoundaryServer.StartAsync(
            (kestrel, configure) => kestrel.Listen(new LinkEndPoint(), configure),
            listener,
            options.Limits,
            _boundary.Routes,
            () => _boundary.Certificates,
            _selfCallBook,
            _settings.Time,
            _settings.Loggers,
            cancellationToken);
        options.Management.Listen.TryGetIPEndPoint(out var listen);
        _management = await ManagementServer.StartAsync(listen!, _status.Read, _gauges, _settings.Time, _settings.Loggers, cancellationToken);
        HostingLog.ManagementListens(_logger, _management.Url.AbsoluteUri);
        _supervisor.Start();
        _selfCalls.Start(_supervisor.FirstRegistered);
    }

    private void Attach(LinkConnectionListenerFactory listener, ILink link)
    {
        if (_settings.Serves(link))
        {
            listener.Attach(link);
        }
    }

    /// <summary>Without a server there is no name to call.</summary>
    private IReadOnlyList<ILink> LinksToCallThrough() => _boundary.Routes.Current.Servers.Count == 0 ? [] : _supervisor.ActiveLinks;

    private Task<bool> ReplaceSilentAsync(ILink link, CancellationToken cancellationToken) => _supervisor.ReplaceAsync(link, "it serves no calls", cancellationToken);

    private IReadOnlyList<string> ServerNames() => [.. _boundary.Routes.Current.Servers.Select(server => server.Name)];

    private void NoteWhatNeedsRestart(ClientOptions changed)
    {
        var keys = OptionsText.Differences(_started, changed).Except(["servers", "serversDirectory", "certificate"]).ToList();
        if (keys.Count > 0 && !keys.SequenceEqual(_needsRestart))
        {
            HostingLog.NeedsRestart(_logger, string.Join(", ", keys));
        }

        _needsRestart = keys;
    }
}
