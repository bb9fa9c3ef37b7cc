using System.IO.Pipelines;
using System.Net;
using System.Threading.Channels;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Upstreams;
using Microsoft.AspNetCore.Http;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>Event streams pass as they come, in both protocol versions an agent may speak.</summary>
[TestFixture("1.1")]
[TestFixture("2.0")]
public sealed class StreamingTests(string version) : RelayFixture(version)
{
    [TestCase("GET", "text/event-stream")]
    [TestCase("POST", "text/event-stream; charset=utf-8")]
    [TestCase("POST", "text/event-stream;charset=UTF-8; x=1")]
    [TestCase("POST", "application/json")]
    public async Task F4_R1_status_and_headers_arrive_before_the_first_event(string method, string contentType)
    {
        Upstream.Become(Behaviour.EventStream(Never, contentType));

        using var response = await SendAsync(method);

        Assert.Multiple(() =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(response.Content.Headers.NonValidated["Content-Type"].ToString(), Is.EqualTo(contentType));
            Assert.That(response.Headers.Contains("X-Accel-Buffering"), Is.False);
        });
    }

    [TestCase("GET", "text/event-stream")]
    [TestCase("POST", "text/event-stream; charset=utf-8")]
    public async Task F3_R1_each_event_arrives_before_the_next_is_made(string method, string contentType)
    {
        var events = Channel.CreateUnbounded<string>();
        Upstream.Become(Behaviour.EventStream(events.Reader.ReadAllAsync, contentType));
        await events.Writer.WriteAsync(": a comment first\n\n");
        using var response = await SendAsync(method);
        await using var body = await response.Content.ReadAsStreamAsync();
        Assert.That(await ReadAsync(body, 19), Is.EqualTo(": a comment first\n\n"));

        for (var i = 0; i < 20; i++)
        {
            // Written only after the one before has arrived: an event that waits for another never comes.
            var text = $"id: {i}\nretry: 1000\ndata: {{}}\n\n";
            await events.Writer.WriteAsync(text);
            Assert.That(await ReadAsync(body, text.Length), Is.EqualTo(text));
        }

        events.Writer.Complete();
        Assert.That(await Eventually.ResultAsync(body.ReadAsync(new byte[1]).AsTask()), Is.Zero, "upstream's end is the agent's end");
    }

    [Test]
    public async Task F3_one_byte_writes_arrive_one_by_one()
    {
        const string Text = "data: abc\n\n";
        var bytes = Channel.CreateUnbounded<string>();
        Upstream.Become(Behaviour.EventStream(bytes.Reader.ReadAllAsync));
        using var response = await SendAsync("POST");
        await using var body = await response.Content.ReadAsStreamAsync();

        foreach (var character in Text)
        {
            await bytes.Writer.WriteAsync(character.ToString());
            Assert.That(await ReadAsync(body, 1), Is.EqualTo(character.ToString()));
        }
    }

    [Test]
    public async Task R1_stream_is_not_compressed_and_its_headers_pass()
    {
        Upstream.Become(async context =>
        {
            context.Response.Headers["X-Accel-Buffering"] = "no";
            context.Response.Headers.CacheControl = "no-cache, no-transform";
            await Behaviour.ByteByByte("data: 1\n\n")(context);
        });

        using var request = Post(new StringContent("{}"));
        request.Headers.AcceptEncoding.ParseAdd("gzip, br");
        using var response = await SendAsync(request);

        Assert.Multiple(() =>
        {
            Assert.That(Upstream.Requests.Single().Header("Accept-Encoding"), Is.EqualTo(new[] { "gzip, br" }));
            Assert.That(response.Headers.GetValues("X-Accel-Buffering"), Is.EqualTo(new[] { "no" }));
            Assert.That(response.Headers.NonValidated["Cache-Control"].ToString(), Is.EqualTo("no-cache, no-transform"));
            Assert.That(response.Content.Headers.ContentEncoding, Is.Empty);
        });
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("data: 1\n\n"));
    }

    [Test]
    public async Task R11_answers_to_the_server_go_beside_its_open_stream()
    {
        var events = Channel.CreateUnbounded<string>();
        var answers = Channel.CreateUnbounded<string>();
        Upstream.Become(async context =>
        {
            if (context.Request.Headers["X-Part"] == "answer")
            {
                await answers.Writer.WriteAsync("answered");
                context.Response.StatusCode = StatusCodes.Status202Accepted;
                return;
            }

            await Behaviour.EventStream(events.Reader.ReadAllAsync)(context);
        });
        using var stream = await SendAsync("POST");
        await using var body = await stream.Content.ReadAsStreamAsync();
        await events.Writer.WriteAsync("data: {\"method\":\"elicitation/create\"}\n\n");
        await ReadAsync(body, 39);

        using var answer = Post(new StringContent("{\"result\":{}}"));
        answer.Headers.Add("X-Part", "answer");
        using var accepted = await SendAsync(answer);
        await Eventually.ResultAsync(answers.Reader.ReadAsync().AsTask());
        await events.Writer.WriteAsync("data: done\n\n");

        Assert.Multiple(() =>
        {
            Assert.That(accepted.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
            Assert.That(accepted.Content.Headers.ContentLength ?? 0, Is.Zero);
        });
        Assert.That(await ReadAsync(body, 12), Is.EqualTo("data: done\n\n"));
    }

    [TestCase("")]
    [TestCase("{")]
    public async Task R1_request_headers_do_not_wait_for_a_slow_body(string beginning)
    {
        var bytes = new Pipe();
        using var content = new SlowContent(beginning, bytes.Reader.AsStream()) { Headers = { ContentLength = 2 } };
        Upstream.RecordsBodies = false;
        using var request = Post(content);
        var sending = SendAsync(request);

        await Eventually.ThatAsync(() => Upstream.Requests.Count == 1, "the request's head reaches the upstream before its body is whole");
        await bytes.Writer.WriteAsync("{}"u8[beginning.Length..].ToArray());
        await bytes.Writer.CompleteAsync();

        using var response = await sending;
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("{}"));
    }

    [Test]
    public async Task F5_R15_agent_that_drops_the_response_aborts_the_upstream_request()
    {
        Upstream.Become(Behaviour.SilentStream(": hello\n\n"));
        var response = await SendAsync("POST");
        var body = await response.Content.ReadAsStreamAsync();
        await ReadAsync(body, 9);

        response.Dispose();

        var aborted = await Eventually.ResultAsync(Upstream.NextAbortAsync(CancellationToken.None).AsTask());
        Assert.That(aborted.Method, Is.EqualTo("POST"));
        await Eventually.ThatAsync(() => Host.Logs.Of(2100).Any(line => line.Contains("closed by Agent", StringComparison.Ordinal)), "the access log says that the agent left");
    }

    [Test]
    public async Task F5_R15_agent_that_leaves_before_the_response_aborts_the_upstream_request()
    {
        Upstream.Become(Behaviour.NoAnswer);
        using var leaving = new CancellationTokenSource();
        var call = SendAsync("POST", leaving.Token);
        await Eventually.ThatAsync(() => Upstream.Requests.Count == 1, "the request reaches the upstream");

        await leaving.CancelAsync();

        await Eventually.ResultAsync(Upstream.NextAbortAsync(CancellationToken.None).AsTask());
        Assert.That(async () => await call, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task R15_upstream_that_breaks_off_breaks_the_agents_response_off()
    {
        var seen = new TaskCompletionSource();
        Upstream.Become(async context =>
        {
            await context.Response.WriteAsync("{\"half\":");
            await context.Response.Body.FlushAsync();
            await seen.Task;
            context.Abort();
        });
        using var response = await SendAsync("POST");
        await using var body = await response.Content.ReadAsStreamAsync();
        Assert.That(await ReadAsync(body, 8), Is.EqualTo("{\"half\":"));

        seen.SetResult();

        Assert.That(async () => await Eventually.ResultAsync(body.ReadAsync(new byte[1]).AsTask()), Throws.InstanceOf<IOException>(), "a truncated answer must not look complete");
        await Eventually.ThatAsync(() => Host.Logs.Of(2100).Any(line => line.Contains("upstream_failed", StringComparison.Ordinal)), "the access log has the code");
    }

    private Task<HttpResponseMessage> SendAsync(string method, CancellationToken cancellationToken = default) => SendAsync(
        new HttpRequestMessage(new HttpMethod(method), BoundaryHost.UrlOf("docs")) { Content = method == "POST" ? new StringContent("{}") : null }, cancellationToken);

    private static async Task<string> ReadAsync(Stream body, int bytes)
    {
        var buffer = new byte[bytes];
        await Eventually.EndAsync(body.ReadExactlyAsync(buffer).AsTask());
        return System.Text.Encoding.UTF8.GetString(buffer);
    }

    private static async IAsyncEnumerable<string> Never([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        yield break;
    }

    /// <summary>Sends the head with only the beginning of the body, as an agent does that makes its body on the way.</summary>
    private sealed class SlowContent(string beginning, Stream body) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(beginning));
            await stream.FlushAsync();
            await body.CopyToAsync(stream);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
