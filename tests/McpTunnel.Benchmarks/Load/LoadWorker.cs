using System.Globalization;
using System.Text;
using McpTunnel.Benchmarks.Components;

namespace McpTunnel.Benchmarks.Load;

/// <summary>What one connection does, by mode, until it is cancelled.</summary>
internal sealed class LoadWorker(LoadMode mode, AgentTarget target, AgentConnection connection, LoadWindow window)
{
    // More than any window can transfer: the end of a body is never part of a figure.
    private const long BulkBytes = 1L << 40;
    private const int EventIntervalMilliseconds = 10;
    private static readonly TimeProvider Clock = TimeProvider.System;

    public LatencyHistogram Latencies { get; } = new();

    public long Bytes { get; private set; }

    /// <summary>Calls done since the start, counted or not.</summary>
    public long Calls { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        switch (mode)
        {
            case LoadMode.Calls:
                await CallAsync(cancellationToken);
                break;
            case LoadMode.Bulk:
                await DownloadAsync(cancellationToken);
                break;
            case LoadMode.Events:
                await ListenAsync(EventIntervalMilliseconds, cancellationToken);
                break;
            case LoadMode.IdleStreams:
                await ListenAsync(0, cancellationToken);
                break;
            default:
                await Task.Delay(Timeout.InfiniteTimeSpan, Clock, cancellationToken);
                break;
        }
    }

    private async Task CallAsync(CancellationToken cancellationToken)
    {
        var request = SmallCall.Request(target.Authority, target.Token);
        while (true)
        {
            var counted = window.IsOpen;
            var start = Clock.GetTimestamp();
            await connection.SendAsync(request, cancellationToken);
            var length = await connection.ReadHeadAsync(cancellationToken);
            if (length != SmallCall.ResponseBody.Length)
            {
                throw new InvalidDataException($"A call's body is {SmallCall.ResponseBody.Length} bytes, not {length}.");
            }

            await connection.SkipBodyAsync(length, cancellationToken);
            Calls++;
            if (counted && window.IsOpen)
            {
                Latencies.Record(Nanoseconds(Clock.GetTimestamp() - start));
                Bytes += length;
            }
        }
    }

    private async Task DownloadAsync(CancellationToken cancellationToken)
    {
        await connection.SendAsync(Get($"{WorkPaths.Bulk}?bytes={BulkBytes}"), cancellationToken);
        await connection.ReadHeadAsync(cancellationToken);
        while (true)
        {
            var received = await connection.ReadBodyAsync(cancellationToken);
            if (window.IsOpen)
            {
                Bytes += received.Length;
            }
        }
    }

    private async Task ListenAsync(int interval, CancellationToken cancellationToken)
    {
        await connection.SendAsync(Get(string.Create(CultureInfo.InvariantCulture, $"{WorkPaths.Events}?interval={interval}")), cancellationToken);
        await connection.ReadHeadAsync(cancellationToken);
        while (true)
        {
            var received = await connection.ReadBodyAsync(cancellationToken);
            var now = Clock.GetTimestamp();

            // Events are small and far apart, so each arrives in one read, inside its own HTTP chunk.
            var at = received.Span.IndexOf("data: "u8);
            if (at < 0 || !window.IsOpen)
            {
                continue;
            }

            // Both processes read the machine's monotonic clock, so the difference is a one-way time.
            var written = long.Parse(received.Span.Slice(at + "data: "u8.Length, 20), NumberStyles.None, CultureInfo.InvariantCulture);
            Latencies.Record(Nanoseconds(now - written));
            Bytes += received.Length;
        }
    }

    private byte[] Get(string pathAndQuery)
    {
        var head = new StringBuilder()
            .Append("GET ").Append(pathAndQuery).Append(" HTTP/1.1\r\n")
            .Append("Host: ").Append(target.Authority).Append("\r\n")
            .Append("Accept: text/event-stream\r\n");
        if (target.Token is not null)
        {
            head.Append("Authorization: Bearer ").Append(target.Token).Append("\r\n");
        }

        return Encoding.ASCII.GetBytes(head.Append("\r\n").ToString());
    }

    private static long Nanoseconds(long ticks) => ticks * (1_000_000_000 / Clock.TimestampFrequency);
}
