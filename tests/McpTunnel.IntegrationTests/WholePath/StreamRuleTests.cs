using System.Net;
using System.Threading.Channels;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Upstreams;
using Microsoft.AspNetCore.Http;
using static McpTunnel.IntegrationTests.WholePath.RelayPath;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>Event streams pass edge, link and client as they come, and end when and how they are ended, in both HTTP versions of an agent.</summary>
[TestFixture("1.1")]
[TestFixture("2.0")]
[CancelAfter(120_000)]
public sealed class StreamRuleTests(string version)
{
    private RelayPath _path = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _path = await RelayPath.StartAsync(version, exchange => exchange.OkAsync());

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_path is not null)
        {
            await _path.DisposeAsync();
        }
    }

    [SetUp]
    public void Reset() => _path.Reset();

    [TestCase("GET", "text/event-stream")]
    [TestCase("POST", "text/event-stream; charset=utf-8")]
    [TestCase("POST", "text/event-stream;charset=UTF-8; x=1")]
    [TestCase("POST", "application/json")]
    public async Task F4_R1_status_and_headers_arrive_before_the_first_event(string method, string contentType)
    {
        var events = Channel.CreateUnbounded<string>();
        _path.Upstream.Become(Behaviour.EventStream(events.Reader.ReadAllAsync, contentType));

        using var response = await _path.SendAsync(_path.Request(method));

        Assert.Multiple(() =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(response.Content.Headers.NonValidated["Content-Type"].ToString(), Is.EqualTo(contentType));
        });
    }

    [TestCase("GET", "text/event-stream")]
    [TestCase("POST", "text/event-stream; charset=utf-8")]
    public async Task F3_R1_each_event_arrives_before_the_next_is_made(string method, string contentType)
    {
        const string Comment = ": a comment first\n\n";
        var events = Channel.CreateUnbounded<string>();
        _path.Upstream.Become(Behaviour.EventStream(events.Reader.ReadAllAsync, contentType));
        await events.Writer.WriteAsync(Comment);
        using var response = await _path.SendAsync(_path.Request(method));
        await using var body = await response.Content.ReadAsStreamAsync();
        Assert.That(await ReadAsync(body, Comment.Length), Is.EqualTo(Comment));

        for (var i = 0; i < 20; i++)
        {
            // Written only after the one before has arrived: an event that waits for another never comes.
            var text = $"id: {i}\nretry: 1000\ndata: {{}}\n\n";
            await events.Writer.WriteAsync(text);
            Assert.That(await ReadAsync(body, text.Length), Is.EqualTo(text));
        }

        events.Writer.Complete();
        Assert.That(await Eventually.ResultAsync(body.ReadAsync(new byte[1]).AsTask()), Is.Zero, "R15: the upstream's end is the agent's end");
    }

    [Test]
    public async Task F3_R1_one_byte_writes_arrive_one_by_one()
    {
        const string Text = ":\n\ndata: abc\n\n";
        var bytes = Channel.CreateUnbounded<string>();
        _path.Upstream.Become(Behaviour.EventStream(bytes.Reader.ReadAllAsync));
        using var response = await _path.SendAsync(_path.Post());
        await using var body = await response.Content.ReadAsStreamAsync();

        foreach (var character in Text)
        {
            await bytes.Writer.WriteAsync(character.ToString());
            Assert.That(await ReadAsync(body, 1), Is.EqualTo(character.ToString()));
        }
    }

    [Test]
    public async Task R1_stream_is_not_transformed_and_its_headers_pass()
    {
        _path.Upstream.Become(async context =>
        {
            context.Response.Headers["X-Accel-Buffering"] = "no";
            context.Response.Headers.CacheControl = "no-cache, no-transform";
            await Behaviour.ByteByByte("data: 1\n\n")(context);
        });
        using var request = _path.Post();
        request.Headers.AcceptEncoding.ParseAdd("gzip, br");

        using var response = await _path.SendAsync(request);

        Assert.Multiple(() =>
        {
            Assert.That(_path.Sent.Single().Header("Accept-Encoding"), Is.EqualTo(new[] { "gzip, br" }));
            Assert.That(response.Headers.GetValues("X-Accel-Buffering"), Is.EqualTo(new[] { "no" }));
            Assert.That(response.Headers.NonValidated["Cache-Control"].ToString(), Is.EqualTo("no-cache, no-transform"));
            Assert.That(response.Content.Headers.ContentEncoding, Is.Empty);
        });
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("data: 1\n\n"));
    }

    [Test]
    public async Task R10_fields_of_a_resumed_stream_pass_and_nothing_is_replayed()
    {
        const string Resumed = "id: 41\nretry: 500\ndata:\n\n";
        _path.Upstream.Become(Behaviour.ByteByByte(Resumed));
        using var request = _path.Request("GET");
        request.Headers.TryAddWithoutValidation("Last-Event-ID", "40");

        using var response = await _path.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();

        Assert.Multiple(() =>
        {
            Assert.That(body, Is.EqualTo(Resumed));
            Assert.That(_path.Sent.Single().Header("Last-Event-ID"), Is.EqualTo(new[] { "40" }));
        });
    }

    [Test]
    public async Task R11_answers_to_the_server_go_beside_its_open_stream()
    {
        const string Question = "data: {\"id\":\"q\",\"method\":\"elicitation/create\"}\n\n";
        const string Result = "data: {\"result\":{}}\n\n";
        var events = Channel.CreateUnbounded<string>();
        var answers = Channel.CreateUnbounded<string>();
        _path.Upstream.Become(async context =>
        {
            if (context.Request.Headers["X-Part"] == "answer")
            {
                await answers.Writer.WriteAsync("answered");
                context.Response.StatusCode = StatusCodes.Status202Accepted;
                return;
            }

            await Behaviour.EventStream(events.Reader.ReadAllAsync)(context);
        });
        using var stream = await _path.SendAsync(_path.Post());
        await using var body = await stream.Content.ReadAsStreamAsync();
        await events.Writer.WriteAsync(Question);
        Assert.That(await ReadAsync(body, Question.Length), Is.EqualTo(Question));

        using var answer = _path.Post("""{"id":"q","result":{}}""");
        answer.Headers.Add("X-Part", "answer");
        using var accepted = await _path.SendAsync(answer);
        await Eventually.ResultAsync(answers.Reader.ReadAsync().AsTask());
        await events.Writer.WriteAsync(Result);

        Assert.That((accepted.StatusCode, (await accepted.Content.ReadAsByteArrayAsync()).Length), Is.EqualTo((HttpStatusCode.Accepted, 0)));
        Assert.That(await ReadAsync(body, Result.Length), Is.EqualTo(Result));
    }

    [TestCase("GET")]
    [TestCase("POST")]
    public async Task F5_R15_agent_that_drops_the_response_aborts_the_upstream_request(string method)
    {
        _path.Upstream.Become(Behaviour.SilentStream(": hello\n\n"));
        var response = await _path.SendAsync(_path.Request(method));
        var body = await response.Content.ReadAsStreamAsync();
        await ReadAsync(body, ": hello\n\n".Length);

        response.Dispose();

        await _path.AbortOfAsync(_path.Sent.Single());
    }

    [Test]
    public async Task F5_R15_agent_that_leaves_before_the_response_aborts_the_upstream_request()
    {
        _path.Upstream.Become(Behaviour.NoAnswer);
        using var leaving = new CancellationTokenSource();
        var call = _path.SendAsync(_path.Post(), leaving.Token);
        await Eventually.ThatAsync(() => _path.Sent.Count == 1, "the request reaches the upstream");

        await leaving.CancelAsync();

        await _path.AbortOfAsync(_path.Sent.Single());
        Assert.That(async () => await call, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task R15_upstream_that_breaks_off_breaks_the_agents_response_off()
    {
        var seen = new TaskCompletionSource();
        _path.Upstream.Become(async context =>
        {
            await context.Response.WriteAsync("{\"half\":", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await seen.Task;
            context.Abort();
        });
        using var response = await _path.SendAsync(_path.Post());
        await using var body = await response.Content.ReadAsStreamAsync();
        Assert.That(await ReadAsync(body, "{\"half\":".Length), Is.EqualTo("{\"half\":"));

        seen.SetResult();

        Assert.That(
            async () => await Eventually.ResultAsync(body.ReadAsync(new byte[1]).AsTask()),
            Throws.InstanceOf<IOException>(),
            "a truncated answer must not look complete");
    }
}
