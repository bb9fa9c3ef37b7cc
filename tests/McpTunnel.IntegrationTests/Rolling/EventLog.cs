using System.Globalization;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Http;

namespace McpTunnel.IntegrationTests.Rolling;

/// <summary>
/// An upstream that echoes calls, and whose event streams are one log of numbered events: a stream that names the last event it has (<c>Last-Event-ID</c>) goes on behind it.
/// Thread-safe.
/// </summary>
internal sealed class EventLog
{
    public const string LastEventId = "Last-Event-ID";

    private readonly Lock _gate = new();
    private TaskCompletionSource _grown = New();
    private long _last;

    /// <summary>The number of the last event.</summary>
    public long Last
    {
        get
        {
            lock (_gate)
            {
                return _last;
            }
        }
    }

    /// <summary>Another event for everybody; returns its number.</summary>
    public long Add()
    {
        TaskCompletionSource grown;
        long number;
        lock (_gate)
        {
            number = ++_last;
            (grown, _grown) = (_grown, New());
        }

        grown.SetResult();
        return number;
    }

    public async Task AnswerAsync(HttpContext context)
    {
        if (HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.ContentType = context.Request.ContentType;
            await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
            return;
        }

        context.Response.ContentType = "text/event-stream";
        await context.Response.StartAsync(context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await SseFormatter.WriteAsync(
            EventsAfterAsync(long.TryParse(context.Request.Headers[LastEventId], NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? last : Last, context.RequestAborted),
            context.Response.Body,
            context.RequestAborted);
    }

    private async IAsyncEnumerable<SseItem<string>> EventsAfterAsync(long sent, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            Task grown;
            long last;
            lock (_gate)
            {
                (grown, last) = (_grown.Task, _last);
            }

            for (; sent < last; sent++)
            {
                yield return new SseItem<string>("event") { EventId = (sent + 1).ToString(CultureInfo.InvariantCulture) };
            }

            await grown.WaitAsync(cancellationToken);
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
