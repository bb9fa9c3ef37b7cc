using McpTunnel.Client.AccessLog;
using McpTunnel.TestKit.WholePath;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.AccessLog;

public sealed class AccessLogMiddlewareTests
{
    private const string Internals = "internals of a defect";

    private LogRecord _log = null!;
    private DefaultHttpContext _context = null!;

    [SetUp]
    public void Create()
    {
        _log = new LogRecord();
        _context = new DefaultHttpContext { Response = { Body = new MemoryStream() } };
    }

    [TearDown]
    public void Dispose() => _log.Dispose();

    [Test]
    public async Task A_fault_of_our_own_is_answered_and_logged_and_its_text_stays_here()
    {
        await RunAsync(new InvalidOperationException(Internals));

        _context.Response.Body.Position = 0;
        var body = await new StreamReader(_context.Response.Body).ReadToEndAsync();
        Assert.Multiple(() =>
        {
            Assert.That(_context.Response.StatusCode, Is.EqualTo(StatusCodes.Status500InternalServerError));
            Assert.That(body, Does.Contain("\"internal_error\"").And.Not.Contain(Internals));
            Assert.That(_log.Lines.Single(line => line.Contains(" 2101: ")), Does.StartWith("Error").And.Contain(Internals));
            Assert.That(_log.Lines.Single(line => line.Contains(" 2100: ")), Does.Contain("500 internal_error"));
        });
    }

    [Test]
    public async Task A_fault_after_the_response_has_begun_is_left_to_the_server_that_breaks_it_off()
    {
        _context.Features.Set<IHttpResponseFeature>(new BegunResponse());

        await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(new InvalidOperationException(Internals)));

        Assert.That(_log.Lines.Count(line => line.Contains(" 2100: ")), Is.EqualTo(1));
    }

    [Test]
    public async Task A_bad_request_is_left_to_the_server_that_knows_its_status() =>
        await Assert.ThrowsAsync<BadHttpRequestException>(() => RunAsync(new BadHttpRequestException("bad", StatusCodes.Status400BadRequest)));

    private Task RunAsync(Exception fault) =>
        new AccessLogMiddleware(_ => throw fault, new FakeTimeProvider(), new Logger<AccessLogMiddleware>(_log.Factory)).InvokeAsync(_context);

    private sealed class BegunResponse : HttpResponseFeature
    {
        public override bool HasStarted => true;
    }
}
