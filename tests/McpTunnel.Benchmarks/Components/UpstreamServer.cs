using System.Buffers;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace McpTunnel.Benchmarks.Components;

/// <summary>
/// The private server at the end of every path: answers a small tool call, a bulk body, and a stream of events that carry
/// the time they were written. Ports: plain, and TLS for the figures "without anything in between".
/// </summary>
internal static class UpstreamServer
{
    public const string Name = "upstream";

    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        if (arguments is not [var address, var certificateFile, var keyFile])
        {
            throw new ArgumentException("upstream ADDRESS CERTIFICATE KEY", nameof(arguments));
        }

        using var certificate = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        LoopbackServer.Listen(builder, IPAddress.Parse(address), HttpProtocols.Http1, null, certificate);
        await using var application = builder.Build();
        application.Run(HandleAsync);
        await application.StartAsync(cancellationToken);
        await ComponentHost.ServeAsync(string.Join(' ', application.Ports()), cancellationToken);
        return 0;
    }

    private static Task HandleAsync(HttpContext context) => context.Request.Path.Value switch
    {
        WorkPaths.Call => AnswerCallAsync(context),
        WorkPaths.Bulk => HttpMethods.IsPost(context.Request.Method) ? TakeBulkAsync(context) : SendBulkAsync(context),
        WorkPaths.Events => SendEventsAsync(context),
        _ => NotFoundAsync(context),
    };

    private static async Task AnswerCallAsync(HttpContext context)
    {
        await ReadBodyAsync(context);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = SmallCall.ResponseBody.Length;
        await context.Response.BodyWriter.WriteAsync(SmallCall.ResponseBody, context.RequestAborted);
    }

    private static async Task TakeBulkAsync(HttpContext context)
    {
        await ReadBodyAsync(context);
        context.Response.ContentLength = 0;
    }

    /// <summary>To its end, as any MCP server does; what is in it does not matter here.</summary>
    private static async Task ReadBodyAsync(HttpContext context)
    {
        var body = context.Request.BodyReader;
        while (true)
        {
            var read = await body.ReadAsync(context.RequestAborted);
            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }
    }

    private static async Task SendBulkAsync(HttpContext context)
    {
        var left = long.Parse(context.Request.Query["bytes"]!, CultureInfo.InvariantCulture);
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = left;
        var writer = context.Response.BodyWriter;
        const int Chunk = 64 * 1024;
        const int Turn = 16 * Chunk;
        while (left > 0)
        {
            var size = (int)Math.Min(left, Chunk);
            writer.GetSpan(size);
            writer.Advance(size);
            left -= size;

            // Writing to a connection that is gone never waits, and over TLS nothing says that it is: a body without an end would keep the processors from all others, the news of that end among them.
            if ((await writer.FlushAsync(context.RequestAborted)).IsCompleted)
            {
                return;
            }

            if (left % Turn == 0)
            {
                await Task.Yield();
            }
        }
    }

    private static async Task SendEventsAsync(HttpContext context)
    {
        var interval = TimeSpan.FromMilliseconds(double.Parse(context.Request.Query["interval"]!, CultureInfo.InvariantCulture));
        context.Response.ContentType = "text/event-stream";
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        if (interval == TimeSpan.Zero)
        {
            // A silent stream, for the memory an idle one costs.
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        }

        using var timer = new PeriodicTimer(interval, TimeProvider.System);
        while (await timer.WaitForNextTickAsync(context.RequestAborted))
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"data: {TimeProvider.System.GetTimestamp():D20}\n\n");
            context.Response.BodyWriter.Write(Encoding.ASCII.GetBytes(text));
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
    }

    private static Task NotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
