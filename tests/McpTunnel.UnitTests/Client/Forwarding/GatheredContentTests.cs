using System.IO.Pipelines;
using System.Net;
using System.Text;
using McpTunnel.Client.Calls;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Forwarding;
using McpTunnel.Client.Routing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Forwarding;

public sealed class GatheredContentTests
{
    private static readonly ServerOptions Options = new()
    {
        Name = "docs",
        Upstream = new Uri("http://10.0.0.5:3000/mcp"),
        Authentication = new AuthenticationOptions { Mode = AuthenticationMode.None },
    };

    [Test]
    public async Task CopyTo_passes_bytes_on_and_no_flush()
    {
        using var destination = new FlushCounter();
        using var content = new GatheredContent(new FlushingContent("{}"));

        await content.CopyToAsync(destination);

        Assert.That((Encoding.ASCII.GetString(destination.ToArray()), destination.Flushes), Is.EqualTo(("{}", 0)));
    }

    [TestCase("{\"id\":1}", 8L, ExpectedResult = true, TestName = "Body_that_is_here_in_full_is_gathered")]
    [TestCase("{\"id\":1", 8L, ExpectedResult = false, TestName = "Body_short_of_a_byte_is_not_gathered")]
    [TestCase("", 8L, ExpectedResult = false, TestName = "Body_that_has_not_begun_is_not_gathered")]
    [TestCase("{\"id\":1}", null, ExpectedResult = false, TestName = "Body_of_unknown_length_is_not_gathered")]
    public async Task<bool> Body_is_gathered(string arrived, long? length)
    {
        var pipe = new Pipe();
        var context = new DefaultHttpContext();
        context.Features.Set<IRequestBodyPipeFeature>(new PipeFeature(pipe.Reader));
        context.Request.Method = "POST";
        context.Request.ContentType = "application/json";
        context.Request.ContentLength = length;
        context.Features.Set(new Call(0, null) { Target = "/mcp", PathLength = 4 });
        await pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes(arrived));
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://ignored") { Content = new FlushingContent(arrived) };
        var transformer = new UpstreamTransformer(Options, ServerAddress.Of(Options, "acme.tunnel.test", 443), new FakeTimeProvider());

        await transformer.TransformRequestAsync(context, request, "", CancellationToken.None);

        var gathered = request.Options.TryGetValue(UpstreamInvoker.Body, out var body);
        Assert.That((gathered ? body : request.Content)!.Headers.ContentType?.MediaType, Is.EqualTo("application/json"), "headers about the body are with the body that is sent");
        var stillThere = arrived.Length == 0 ? 0 : (await pipe.Reader.ReadAsync()).Buffer.Length;
        Assert.That(stillThere, Is.EqualTo(arrived.Length), "looking takes nothing");
        return gathered;
    }

    private sealed class FlushingContent(string text) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.FlushAsync();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(text));
            await stream.FlushAsync();
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class FlushCounter : MemoryStream
    {
        public int Flushes { get; private set; }

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Flushes++;
            return Task.CompletedTask;
        }
    }

    private sealed record PipeFeature(PipeReader Reader) : IRequestBodyPipeFeature;
}
