using System.Globalization;
using McpTunnel.Benchmarks.Components;
using McpTunnel.Benchmarks.Processes;
using McpTunnel.Benchmarks.Variants;
using McpTunnel.Transport;

namespace McpTunnel.Benchmarks.Fleet;

/// <summary>An edge and the processes that hold the clients. The edge can be killed and started again.</summary>
internal sealed class RunningFleet : IAsyncDisposable
{
    private const int Processes = 2;
    private const double MicrosPerSecond = 1_000_000;

    /// <summary>Where OpenSSL finds the authorities that it trusts when it is asked for its own.</summary>
    private const string Authorities = "SSL_CERT_FILE";

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly FleetSize _size;
    private readonly RuntimeSettings _settings;
    private readonly string _directory;
    private readonly List<Component> _clients = [];
    private Component? _edge;
    private int _port;
    private int _wanted;
    private DateTimeOffset _since = DateTimeOffset.UnixEpoch;

    private RunningFleet(FleetSize size, RuntimeSettings settings, string directory)
    {
        _size = size;
        _settings = settings;
        _directory = directory;
    }

    public IReadOnlyList<string> Roles => [Variants.Roles.Edge, .. _clients.Select((_, index) => string.Create(CultureInfo.InvariantCulture, $"clients {index + 1}"))];

    private Component Edge => _edge ?? throw new InvalidOperationException("The edge is not running.");

    private string EdgeState => Path.Combine(_directory, "edge");

    /// <summary>Enrols all clients, starts the edge and the clients' processes; no client is started yet.</summary>
    public static async Task<RunningFleet> StartAsync(FleetSize size, RuntimeSettings settings, CancellationToken cancellationToken)
    {
        var fleet = new RunningFleet(size, settings, Directory.CreateTempSubdirectory("mcptunnel-fleet-").FullName);
        try
        {
            await fleet.StartPartsAsync(cancellationToken);
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts clients, all at once, until there are so many; returns when all links are up.</summary>
    public async Task<ArrivalCurve> GrowAsync(int clients, CancellationToken cancellationToken)
    {
        _wanted = clients;
        var recorder = await RecorderAsync(cancellationToken);
        foreach (var (index, process) in _clients.Index())
        {
            var share = clients * (index + 1) / Processes - clients * index / Processes;
            await process.AskAsync(string.Create(CultureInfo.InvariantCulture, $"{Questions.Start} {share}"), cancellationToken);
        }

        return await WatchAsync(recorder, cancellationToken);
    }

    public async Task<IReadOnlyList<MemoryFigures>> ReadMemoryAsync(CancellationToken cancellationToken)
    {
        var figures = new List<MemoryFigures>();
        foreach (var component in All())
        {
            figures.Add(await component.ReadMemoryAsync(cancellationToken));
        }

        return figures;
    }

    /// <summary>What the edge and all clients use of a core while nothing happens.</summary>
    public async Task<(double Edge, double Clients)> MeasureCpuAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        var (edge, clients) = ReadCpu();
        await Task.Delay(time, TimeProvider.System, cancellationToken);
        var (edgeAfter, clientsAfter) = ReadCpu();
        var seconds = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        return ((edgeAfter - edge) / seconds, (clientsAfter - clients) / seconds);
    }

    /// <summary>The edge is gone from one moment to the next.</summary>
    public async Task KillEdgeAsync(CancellationToken cancellationToken)
    {
        await Edge.Process.KillAsync(cancellationToken);
        await Edge.Process.DisposeAsync();
        _edge = null;
        _since = TimeProvider.System.GetUtcNow();
    }

    /// <summary>Starts the edge where it was; returns when all links are up again, counted from the moment that it serves.</summary>
    public async Task<ArrivalCurve> RestartEdgeAsync(CancellationToken cancellationToken)
    {
        await StartEdgeAsync(cancellationToken);
        return await WatchAsync(await RecorderAsync(cancellationToken), cancellationToken);
    }

    /// <summary>What became of connections and links at the edge since it started.</summary>
    public Task<string> ReadOutcomesAsync(CancellationToken cancellationToken) => Edge.AskAsync(Questions.Outcomes, cancellationToken);

    /// <summary>What some of the links that are not up say of themselves.</summary>
    public async Task<string> ReadMissingAsync(CancellationToken cancellationToken) =>
        string.Join(" | ", await Task.WhenAll(_clients.Select(client => client.AskAsync(Questions.Missing, cancellationToken))));

    public async ValueTask DisposeAsync()
    {
        foreach (var component in Enumerable.Reverse(All()))
        {
            await component.Process.DisposeAsync();
        }

        Directory.Delete(_directory, recursive: true);
    }

    private List<Component> All() => _edge is null ? _clients : [_edge, .. _clients];

    private async Task StartPartsAsync(CancellationToken cancellationToken)
    {
        var root = Path.Combine(_directory, "clients");
        var nobody = Path.Combine(_directory, "no-authorities.pem");
        await File.WriteAllTextAsync(nobody, "", cancellationToken);
        await FleetEnrolment.RunAsync(Workbench.EdgeDomain, EdgeState, root, _size.Clients, cancellationToken);
        await StartEdgeAsync(cancellationToken);
        for (var process = 0; process < Processes; process++)
        {
            var place = new FleetPlace(
                root, _size.Clients * process / Processes, _size.Links, _size.Carrier, Workbench.EdgeDomain, _port, Path.Combine(EdgeState, "edge-ca.pem"));
            var start = _settings.Component(Variants.Roles.Client, [FleetHost.Name, .. place.ToArguments()]);
            if (_size.Carrier == Carrier.Quic)
            {
                // The native library reads all of the system's for each client certificate, though nothing asks it to judge one: a client's process does that once, these would a thousand times.
                start.Environment[Authorities] = nobody;
            }

            var (child, _) = await ChildProcess.StartAsync(FleetHost.Name, start, Self.ReadReady, cancellationToken);
            _clients.Add(new Component(Variants.Roles.Client, child));
        }
    }

    private async Task StartEdgeAsync(CancellationToken cancellationToken)
    {
        var start = _settings.Component(Variants.Roles.Edge, EdgeHost.Name, Workbench.EdgeDomain, EdgeState, _port.ToString(CultureInfo.InvariantCulture));
        var (child, ready) = await ChildProcess.StartAsync(EdgeHost.Name, start, Self.ReadReady, cancellationToken);
        _edge = new Component(Variants.Roles.Edge, child);
        _port = int.Parse(ready, CultureInfo.InvariantCulture);
    }

    private async Task<ArrivalRecorder> RecorderAsync(CancellationToken cancellationToken) => new(await ReadStateAsync(cancellationToken), ReadCpu());

    private async Task<ArrivalCurve> WatchAsync(ArrivalRecorder recorder, CancellationToken cancellationToken)
    {
        var links = _wanted * _size.Links;
        while (true)
        {
            var state = await ReadStateAsync(cancellationToken);
            recorder.Add(state, ReadCpu(), links);
            if (state.Up + state.Refused >= links || recorder.Elapsed > Patience)
            {
                return recorder.ToCurve(state, ReadCpu());
            }

            await Task.Delay(Step, TimeProvider.System, cancellationToken);
        }
    }

    private async Task<FleetState> ReadStateAsync(CancellationToken cancellationToken)
    {
        var question = string.Create(CultureInfo.InvariantCulture, $"{Questions.State} {_since.ToUnixTimeMilliseconds()}");
        var states = await Task.WhenAll(_clients.Select(client => client.AskAsync(question, cancellationToken)));
        return states.Select(FleetState.Parse).Aggregate(FleetState.None, (sum, state) => sum + state);
    }

    private (double Edge, double Clients) ReadCpu()
    {
        var uses = ProcessMeter.Read([Edge.ProcessId, .. _clients.Select(client => client.ProcessId)]);
        return (uses[0].CpuMicros / MicrosPerSecond, uses.Skip(1).Sum(use => use.CpuMicros) / MicrosPerSecond);
    }
}
