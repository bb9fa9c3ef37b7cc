using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using McpTunnel.Benchmarks.Processes;

namespace McpTunnel.Benchmarks.Load;

/// <summary>
/// The agents' process. Takes one <see cref="LoadRequest"/> a line, answers with one <see cref="LoadResult"/> a line. It also
/// reads the measured processes' CPU time, so that the reading and the counting begin and end at the same instants.
/// </summary>
internal static class LoadGenerator
{
    public const string Name = "load";

    /// <summary>Said on a line of its own when warm-up is over.</summary>
    public const string WindowOpenedLine = "window";

    /// <summary>No warm-up takes longer, however slow the path.</summary>
    public const double LongestWarmUpSeconds = 60;

    // Enough to keep a listener's backlog and the handshakes' CPU time from becoming the test.
    private const int ConnectsAtOnce = 16;
    private static readonly TimeProvider Clock = TimeProvider.System;

    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        Console.WriteLine(Self.ReadyPrefix);
        while (await Console.In.ReadLineAsync(cancellationToken) is { } line)
        {
            var request = JsonSerializer.Deserialize<LoadRequest>(line)!;
            var result = await MeasureAsync(request, cancellationToken);
            Console.WriteLine(JsonSerializer.Serialize(result));
        }

        return 0;
    }

    private static async Task<LoadResult> MeasureAsync(LoadRequest request, CancellationToken cancellationToken)
    {
        var failures = new LoadFailures();
        var before = ProcessMeter.Read(request.Processes);
        var connections = await ConnectAsync(request, failures, cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var window = new LoadWindow();
        var workers = connections.ConvertAll(connection => new LoadWorker(request.Mode, request.Target, connection, window));
        var running = workers.ConvertAll(worker => Task.Run(() => failures.WatchAsync(worker.RunAsync(stop.Token)), cancellationToken));
        await WarmUpAsync(request, workers, failures, cancellationToken);
        Console.WriteLine(WindowOpenedLine);

        // Memory of idle connections is what they add to the process; CPU is what the window uses.
        before = request.Mode is LoadMode.IdleConnections or LoadMode.IdleStreams ? before : ProcessMeter.Read(request.Processes);
        var start = Clock.GetTimestamp();
        window.IsOpen = true;
        await Task.Delay(TimeSpan.FromSeconds(request.Seconds), Clock, cancellationToken);
        window.IsOpen = false;
        var seconds = Clock.GetElapsedTime(start).TotalSeconds;
        var after = ProcessMeter.Read(request.Processes);

        await stop.CancelAsync();
        await Task.WhenAll(running);
        foreach (var connection in connections)
        {
            await connection.DisposeAsync();
        }

        var all = new LatencyHistogram();
        workers.ForEach(worker => all.Add(worker.Latencies));
        return new LoadResult(
            all.Count, workers.Sum(worker => worker.Bytes), seconds, all.PercentileMicros(0.5), all.PercentileMicros(0.99),
            failures.Count, failures.First, before, after);
    }

    private static async Task WarmUpAsync(LoadRequest request, List<LoadWorker> workers, LoadFailures failures, CancellationToken cancellationToken)
    {
        var start = Clock.GetTimestamp();
        do
        {
            await Task.Delay(TimeSpan.FromSeconds(request.WarmUpSeconds), Clock, cancellationToken);
        }
        while (workers.Sum(worker => worker.Calls) < request.WarmUpCalls && failures.Count == 0
            && Clock.GetElapsedTime(start).TotalSeconds + request.WarmUpSeconds < LongestWarmUpSeconds);
    }

    private static async Task<List<AgentConnection>> ConnectAsync(LoadRequest request, LoadFailures failures, CancellationToken cancellationToken)
    {
        var trusted = new X509Certificate2Collection();
        trusted.ImportFromPemFile(request.Target.CaFile);
        var bufferSize = request.Mode is LoadMode.Download ? 256 * 1024 : 8 * 1024;
        var connections = new List<AgentConnection>(request.Connections);
        var options = new ParallelOptions { MaxDegreeOfParallelism = ConnectsAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, request.Connections, options, async (_, token) =>
        {
            await failures.WatchAsync(ConnectOneAsync(token));
        });
        return connections;

        async Task ConnectOneAsync(CancellationToken token)
        {
            var connection = await AgentConnection.ConnectAsync(request.Target, trusted, bufferSize, token);
            lock (connections)
            {
                connections.Add(connection);
            }
        }
    }
}
