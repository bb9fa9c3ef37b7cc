using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.ServerSentEvents;

namespace McpTunnel.IntegrationTests.Rolling;

/// <summary>
/// Agents that each read the event stream, half over HTTP/1.1 and half over HTTP/2, and resume behind the last event when it ends. A stream that ends when nothing is being drained
/// is a failure; so is an event that is missed or comes twice, and a stream that cannot be opened.
/// </summary>
internal sealed class EventStreams(NodeBalancer balancer, Uri url, int count) : IAsyncDisposable
{
    private const int Agents = 16;

    private readonly HttpClient[] _agents =
        [.. Enumerable.Range(0, Agents).Select(i => balancer.NewAgent(i % 2 == 0 ? HttpVersion.Version11 : HttpVersion.Version20))];

    private readonly CancellationTokenSource _stop = new();
    private readonly long[] _last = new long[count];
    private Task _running = Task.CompletedTask;
    private volatile string? _draining;
    private int _open;
    private int _ended;

    public ConcurrentQueue<string> Failures { get; } = new();

    /// <summary>Streams open now.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Streams that have ended since the last call of <see cref="BeginDrain"/>.</summary>
    public int Ended => Volatile.Read(ref _ended);

    public bool AllOpen => Open == count;

    public void Start() => _running = Task.WhenAll(Enumerable.Range(0, count).Select(stream => Task.Run(() => FollowAsync(stream))));

    /// <summary>From now on streams may end.</summary>
    public void BeginDrain(string what)
    {
        Volatile.Write(ref _ended, 0);
        _draining = what;
    }

    /// <summary>
    /// What was drained is gone. Every stream that was on it has ended and is open elsewhere once all have an event that is younger: from then on none ends any more.
    /// </summary>
    /// <param name="younger">An event that was added after the end.</param>
    public async Task EndDrainAsync(long younger)
    {
        await TestKit.Eventually.ThatAsync(() => HaveAll(younger) || !Failures.IsEmpty, $"all {count} streams go on");
        _draining = null;
    }

    /// <summary>Whether every stream has come as far as this event.</summary>
    public bool HaveAll(long number)
    {
        for (var stream = 0; stream < count; stream++)
        {
            if (Volatile.Read(ref _last[stream]) < number)
            {
                return false;
            }
        }

        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        Array.ForEach(_agents, agent => agent.Dispose());
        _stop.Dispose();
    }

    private async Task FollowAsync(int stream)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await ReadAsync(stream, _agents[stream % Agents]);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                Failures.Enqueue($"stream {stream}: {exception}");
                return;
            }
        }
    }

    /// <summary>From opening it to its end, however it ends.</summary>
    private async Task ReadAsync(int stream, HttpClient agent)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url) { Version = agent.DefaultRequestVersion, VersionPolicy = agent.DefaultVersionPolicy };
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (_last[stream] > 0)
        {
            request.Headers.Add(EventLog.LastEventId, _last[stream].ToString(CultureInfo.InvariantCulture));
        }

        using var response = await agent.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _stop.Token);
        response.EnsureSuccessStatusCode();
        Interlocked.Increment(ref _open);
        string end;
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(_stop.Token);
            await foreach (var item in SseParser.Create(body).EnumerateAsync(_stop.Token))
            {
                Take(stream, long.Parse(item.EventId!, CultureInfo.InvariantCulture));
            }

            end = "in order";
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            end = exception.Message;
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }

        Interlocked.Increment(ref _ended);
        if (_draining is null)
        {
            throw new InvalidOperationException($"ended while nothing was drained: {end}");
        }
    }

    private void Take(int stream, long number)
    {
        if (_last[stream] != 0 && number != _last[stream] + 1)
        {
            throw new InvalidOperationException($"event {number} after {_last[stream]}");
        }

        Volatile.Write(ref _last[stream], number);
    }
}
