using System.Net;
using System.Net.Http.Headers;
using McpTunnel.Client.Configuration;
using McpTunnel.Configuration.Values;

namespace McpTunnel.IntegrationTests.Client;

/// <summary>How much a request may hold, at the limit and one beyond, in both protocol versions an agent may speak.</summary>
[TestFixture("1.1")]
[TestFixture("2.0")]
public sealed class RelayLimitTests(string version) : RelayFixture(version)
{
    [Test]
    public async Task R7_body_at_the_limit_passes_and_one_more_byte_is_413()
    {
        await Host.ApplyAsync(Host.Options with { Servers = [Host.Options.Servers[0] with { MaxRequestBody = ByteSize.KiB(1) }] });

        using var atLimit = await SendAsync(Post(new ByteArrayContent(new byte[1024])));
        using var above = await SendAsync(Post(new ByteArrayContent(new byte[1025])));

        Assert.Multiple(() =>
        {
            Assert.That(atLimit.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(above.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
            Assert.That(Upstream.Requests, Has.Count.EqualTo(1));
        });
        Assert.That(await Problem.CodeAsync(above), Is.EqualTo("request_body_too_large"));
    }

    [TestCase("application/json")]
    [TestCase("application/grpc")]
    public async Task R7_body_of_unknown_length_is_cut_at_the_limit(string contentType)
    {
        await Host.ApplyAsync(Host.Options with { Servers = [Host.Options.Servers[0] with { MaxRequestBody = ByteSize.KiB(1) }] });
        using var request = Post(new StreamContent(new MemoryStream(new byte[200_000])));
        request.Content!.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        request.Headers.TransferEncodingChunked = IsHttp1 ? true : null;
        if (!IsHttp1)
        {
            request.Content.Headers.ContentLength = null;
            request.Content = new ChunkedContent(200_000, contentType);
        }

        using var response = await SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
        Assert.That(await Problem.CodeAsync(response), Is.EqualTo("request_body_too_large"));
        Assert.That(Upstream.Requests.All(sent => sent.Body.Length <= 1024), Is.True);
    }

    [Test]
    public async Task R7_headers_above_the_limit_are_431()
    {
        using var request = Post(new StringContent("{}"));
        for (var i = 0; i <= new LimitsOptions().MaxRequestHeaders; i++)
        {
            request.Headers.TryAddWithoutValidation($"Mcp-Param-{i}", "1");
        }

        int? status;
        try
        {
            using var response = await SendAsync(request);
            status = (int)response.StatusCode;
        }
        catch (HttpRequestException) when (!IsHttp1)
        {
            // HTTP/2 may end the stream before the answer is read.
            status = null;
        }

        Assert.That(status, IsHttp1 ? Is.EqualTo(431) : Is.EqualTo(431).Or.Null);
        Assert.That(Upstream.Requests, Is.Empty);
    }

    private sealed class ChunkedContent : HttpContent
    {
        private readonly int _length;

        public ChunkedContent(int length, string contentType)
        {
            _length = length;
            Headers.ContentType = new MediaTypeHeaderValue(contentType);
        }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context) => await stream.WriteAsync(new byte[_length]);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
