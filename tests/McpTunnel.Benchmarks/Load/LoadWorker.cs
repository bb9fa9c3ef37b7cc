using System.Globalization;
using System.Text;
using McpTunnel.Benchmarks.Components;

namespace McpTunnel.Benchmarks.Load;

/// <summary>What one connection does, by mode, until it is cancelled.</summary>
internal sealed class LoadWorker(LoadMode mode, AgentTarget target, AgentConnection connection, LoadWindow window)
{
    // More than any window can transfer: the end of a body is never part of a figure.
    private const long DownloadBytes = 1L << 40;

    // The most that the boundary can be told to let through.
    private const long UploadBytes = 1L << 30;

    // What a program that copies a file writes at once.
    private const int UploadChunk = 64 * 1024;
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
            case LoadMode.Download:
                await DownloadAsync(cancellationToken);
                break;
            case LoadMode.Upload:
                await UploadAsync(cancellationToken);
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
        await connection.SendAsync(Get($"{WorkPaths.Bulk}?bytes={DownloadBytes}"), cancellationToken);
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

    private async Task UploadAsync(CancellationToken cancellationToken)
    {
        var head = Head("POST", WorkPaths.Bulk, string.Create(CultureInfo.InvariantCulture, $"Content-Length: {UploadBytes}"));
        var chunk = new byte[UploadChunk];
        while (true)
        {
            await connection.SendAsync(head, cancellationToken);
            for (long sent = 0; sent < UploadBytes; sent += chunk.Length)
            {
                await connection.SendAsync(chunk, cancellationToken);
                if (window.IsOpen)
                {
                    Bytes += chunk.Length;
                }
            }

            await connection.SkipBodyAsync(await connection.ReadHeadAsync(cancellationToken), cancellationToken);
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

    private byte[] Get(string pathAndQuery) => Head("GET", pathAndQuery, "Accept: text/event-stream");

    private byte[] Head(string method, string pathAndQuery, string header)
    {
        var head = new StringBuilder()
            .Append(method).Append(' ').Append(pathAndQuery).Append(" HTTP/1.1\r\n")
            .Append("Host: ").Append(target.Authority).Append("\r\n")
            .Append(header).Append("\r\n");
        if (target.Token is not null)
        {
            head.Append("Authorization: Bearer ").Append(target.Token).Append("\r\n");
        }

        return Encoding.ASCII.GetBytes(head.Append("\r\n").ToString());
    }

    private static long Nanoseconds(long ticks) => ticks * (1_000_000_000 / Clock.TimestampFrequency);
}
