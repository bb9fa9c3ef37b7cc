using System.Collections.Concurrent;
using System.Net;

namespace McpTunnel.IntegrationTests.Rolling;

/// <summary>
/// Small calls at a steady rate, whatever the answers do: half over HTTP/1.1 and half over HTTP/2. An agent that gets no answer is a failure, and so is every answer but the right one.
/// </summary>
internal sealed class PacedCalls(NodeBalancer balancer, Uri url, int perSecond) : IAsyncDisposable
{
    private const int Agents = 8;

    /// <summary>More than that under way says that the machine cannot keep the rate: then fewer are made.</summary>
    private const int MostAtOnce = 512;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    /// <summary>Nobody waits longer for a call that takes a millisecond.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly HttpClient[] _agents =
        [.. Enumerable.Range(0, Agents).Select(i => balancer.NewAgent(i % 2 == 0 ? HttpVersion.Version11 : HttpVersion.Version20))];

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<double> _milliseconds = new();
    private Task _running = Task.CompletedTask;
    private int _underWay;
    private long _leftOut;
    private long _started;
    private TimeSpan _took;

    public ConcurrentQueue<string> Failures { get; } = new();

    /// <summary>What is being done meanwhile; said with failures.</summary>
    public string During { get; set; } = "nothing";

    public int Count => _milliseconds.Count;

    public void Start()
    {
        _started = TimeProvider.System.GetTimestamp();
        _running = perSecond == 0 ? Task.CompletedTask : Task.Run(RunAsync);
    }

    /// <summary>Waits until so many more calls have been answered.</summary>
    public Task AfterMoreAsync(int calls)
    {
        var wanted = Count + Math.Min(calls, perSecond * calls);
        return TestKit.Eventually.ThatAsync(() => Count >= wanted || !Failures.IsEmpty, "calls go on");
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _took = TimeProvider.System.GetElapsedTime(_started);
        await TestKit.Eventually.ThatAsync(() => Volatile.Read(ref _underWay) == 0, "every call has an answer");
    }

    /// <summary>How many and how long, for the record.</summary>
    public override string ToString()
    {
        var sorted = _milliseconds.Order().ToList();
        return sorted.Count == 0 ? "no calls" : $"{sorted.Count} calls, {sorted.Count / _took.TotalSeconds:0} a second, {_leftOut} not made, p50 {sorted[sorted.Count / 2]:0.0} ms, p99 {sorted[sorted.Count * 99 / 100]:0.0} ms, longest {sorted[^1]:0} ms";
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        Array.ForEach(_agents, agent => agent.Dispose());
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        for (var sent = 0L; !_stop.IsCancellationRequested;)
        {
            var due = (long)(TimeProvider.System.GetElapsedTime(_started).TotalSeconds * perSecond);
            for (; sent < due; sent++)
            {
                if (Volatile.Read(ref _underWay) < MostAtOnce)
                {
                    Interlocked.Increment(ref _underWay);
                    _ = CallAsync(_agents[sent % Agents], During);
                }
                else
                {
                    _leftOut++;
                }
            }

            await Task.Delay(Tick, TimeProvider.System);
        }
    }

    private async Task CallAsync(HttpClient agent, string during)
    {
        var started = TimeProvider.System.GetTimestamp();
        void Fail(string how) =>
            Failures.Enqueue($"HTTP/{agent.DefaultRequestVersion}, begun during {during}, after {TimeProvider.System.GetElapsedTime(started).TotalMilliseconds:0.0} ms during {During}: {how}");

        try
        {
            using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
            using var response = await agent.PostAsync(url, new StringContent("{}", null, "application/json"), limit.Token);
            var body = await response.Content.ReadAsStringAsync(limit.Token);
            if (response.StatusCode != HttpStatusCode.OK || body != "{}")
            {
                Fail($"{response.StatusCode} {body}");
            }
        }
        catch (Exception exception)
        {
            Fail(exception.ToString());
        }
        finally
        {
            _milliseconds.Enqueue(TimeProvider.System.GetElapsedTime(started).TotalMilliseconds);
            Interlocked.Decrement(ref _underWay);
        }
    }
}
