using System.Text.Json;
using McpTunnel.Benchmarks.Load;
using McpTunnel.Benchmarks.Peers;
using McpTunnel.Benchmarks.Processes;
using McpTunnel.Benchmarks.Reports;
using McpTunnel.Benchmarks.Variants;

namespace McpTunnel.Benchmarks.Scenarios;

/// <summary>
/// All variants up at once, measured in turn: A B C, A B C, … so that a slow minute of the machine falls on all of them.
/// </summary>
internal sealed class Harness : IAsyncDisposable
{
    /// <summary>
    /// The first warm-up of a variant lasts until the runtime has compiled the hot path for good: a compiler at work would be
    /// charged to the calls. By calls and not by time alone, because a busy machine compiles later.
    /// </summary>
    private const long FirstWarmUpCalls = 100_000;
    private const double FirstWarmUpSeconds = 8;

    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(60);

    private readonly HarnessOptions _options;
    private readonly Workbench _bench;
    private readonly ChildProcess _load;
    private readonly HashSet<string> _warm = [];
    private TaskCompletionSource _windowOpened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Harness(HarnessOptions options, Workbench bench, ChildProcess load)
    {
        _options = options;
        _bench = bench;
        _load = load;
    }

    /// <summary>Temporary, and gone with the harness.</summary>
    public string Directory => _bench.Directory;

    /// <summary>Completes when the first measured window begins.</summary>
    public Task WindowOpened => _windowOpened.Task;

    public List<RunningVariant> Variants { get; } = [];

    /// <summary>Variants that could not be measured, with what to do about it.</summary>
    public List<Absence> Absent { get; } = [];

    /// <exception cref="InvalidOperationException">A variant is asked for that this kind of run does not have.</exception>
    public static async Task<Harness> StartAsync(HarnessOptions options, IReadOnlyList<IVariant> variants, CancellationToken cancellationToken)
    {
        if (options.Variants.Except(variants.Select(variant => variant.Name)).ToList() is { Count: > 0 } unknown)
        {
            throw new InvalidOperationException($"No such variant: {string.Join(" ", unknown)}. There are: {string.Join(" ", variants.Select(variant => variant.Name))}.");
        }

        var bench = await Workbench.CreateAsync(new PeerPrograms(options.PeersDirectory), options.Network, cancellationToken);
        try
        {
            var (load, _) = await bench.StartAsync(LoadGenerator.Name, Self.Component(LoadGenerator.Name), Self.ReadReady, cancellationToken);
            var harness = new Harness(options, bench, load);
            foreach (var variant in variants.Where(variant => options.Variants.Count == 0 || options.Variants.Contains(variant.Name)))
            {
                await harness.AddAsync(variant, cancellationToken);
            }

            return harness;
        }
        catch
        {
            await bench.DisposeAsync();
            throw;
        }
    }

    public async Task<ShapeReport> MeasureAsync(LoadShape shape, CancellationToken cancellationToken)
    {
        var rounds = new List<RoundFigures>();
        for (var round = 1; round <= _options.Rounds; round++)
        {
            foreach (var variant in Variants)
            {
                await Console.Error.WriteLineAsync($"{shape.Title}: round {round} of {_options.Rounds}, {variant.Name}".AsMemory(), cancellationToken);
                var (result, components) = await MeasureOnceAsync(shape, variant, cancellationToken);
                rounds.Add(RoundFigures.From(variant.Name, round, shape, result, components));
            }
        }

        return ShapeReport.From(shape, rounds);
    }

    /// <summary>Holds a load and does something while it is there.</summary>
    public async Task HoldAsync(LoadShape shape, RunningVariant variant, Func<Task> meanwhile, CancellationToken cancellationToken)
    {
        _windowOpened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var holding = MeasureOnceAsync(shape, variant, cancellationToken);
        await Task.WhenAny(WindowOpened, holding);
        await meanwhile();
        await holding;
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    private string? ReadAnswer(string line)
    {
        if (line == LoadGenerator.WindowOpenedLine)
        {
            _windowOpened.TrySetResult();
        }

        return line.StartsWith('{') ? line : null;
    }

    private async Task AddAsync(IVariant variant, CancellationToken cancellationToken)
    {
        try
        {
            await Console.Error.WriteLineAsync($"starting {variant.Name}".AsMemory(), cancellationToken);
            var running = await variant.StartAsync(_bench, cancellationToken);
            await PathProbe.WaitAsync(variant.Name, running.Target, cancellationToken);
            Variants.Add(running);
        }
        catch (PeerAbsentException absent)
        {
            Absent.Add(new Absence(variant.Name, absent.Message));
        }
    }

    private async Task<(LoadResult Result, IReadOnlyList<Component> Components)> MeasureOnceAsync(
        LoadShape shape, RunningVariant variant, CancellationToken cancellationToken)
    {
        IReadOnlyList<Component> components = [.. variant.Components, new Component(Roles.Agents, _load, Counted: false, Answers: false)];
        var first = _warm.Add(variant.Name);
        var request = new LoadRequest(
            shape.Mode, variant.Target, shape.Connections, first ? FirstWarmUpSeconds : _options.WarmUpSeconds,
            first && shape.Mode == LoadMode.Calls ? FirstWarmUpCalls : 0, _options.Seconds, [.. components.Select(component => component.ProcessId)]);
        var within = TimeSpan.FromSeconds(LoadGenerator.LongestWarmUpSeconds + _options.Seconds) + Slack;
        var answer = await _load.AskAsync(JsonSerializer.Serialize(request), ReadAnswer, within, cancellationToken);
        var result = JsonSerializer.Deserialize<LoadResult>(answer)!;
        return result.Errors == 0
            ? (result, components)
            : throw new InvalidOperationException($"{variant.Name}: {result.Errors} of {shape.Connections} connections failed, first: {result.FirstError}");
    }
}
