using System.Net;
using McpTunnel.Client.Calls;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Forwarding;
using McpTunnel.Client.Routing;
using McpTunnel.Transport;
using McpTunnel.Transport.Kestrel;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Forwarding;

public sealed class UpstreamTransformerTests
{
    private static readonly ServerOptions Options = new()
    {
        Name = "docs",
        Upstream = new Uri("http://10.0.0.5:3000/mcp"),
        Authentication = new AuthenticationOptions { Mode = AuthenticationMode.None },
    };

    [TestCase("203.0.113.7", "203.0.113.7")]
    [TestCase("::ffff:203.0.113.7", "203.0.113.7")]
    [TestCase("2001:db8::7", "2001:db8::7")]
    [TestCase(null, null)]
    public async Task R25_agents_address_goes_upstream_in_its_plain_form(string? address, string? forwarded)
    {
        var context = new DefaultHttpContext();
        var agent = address is null ? null : new IPEndPoint(IPAddress.Parse(address), 40123);
        context.Features.Set(new Call(started: 0, new EdgePreamble(agent)) { Target = "/mcp", PathLength = 4 });
        using var request = new HttpRequestMessage();

        await new UpstreamTransformer(Options, ServerAddress.Of(Options, "acme.test", 443), new FakeTimeProvider())
            .TransformRequestAsync(context, request, destinationPrefix: "", CancellationToken.None);

        Assert.That(request.Headers.TryGetValues("X-Forwarded-For", out var values) ? values.Single() : null, Is.EqualTo(forwarded));
    }

    private sealed record EdgePreamble(IPEndPoint? AgentEndPoint) : ITunnelConnectionFeature
    {
        public bool IsDraining => false;

        public string ServerName => "docs.acme.test";

        public string ConnectionId => "con_test";

        public string EdgeNode => "node-1";

        public string? AgentPlatform => null;

        public ILinkStream Stream => throw new NotSupportedException();
    }
}
