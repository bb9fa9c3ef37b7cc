using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using McpTunnel.Transport;

namespace McpTunnel.IntegrationTests.Edge.Hosting;

/// <summary>Links at a running edge, as a client brings them up and an administrator sees them.</summary>
[CancelAfter(60_000)]
public sealed class EdgeLinkTests
{
    [Test]
    public async Task Link_comes_up_over_the_ingress_and_is_listed(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync();

        using var admin = edge.CreateHttpClient(asAdmin: true);
        var page = await admin.GetFromJsonAsync<JsonElement>("v1/links", cancellationToken);
        var item = page.GetProperty("items").EnumerateArray().Single();

        Assert.Multiple(() =>
        {
            Assert.That(link.Identity.Node, Is.EqualTo("edge-test"));
            Assert.That(item.GetProperty("id").GetString(), Is.EqualTo(link.Identity.LinkId));
            Assert.That(item.GetProperty("tunnel").GetString(), Is.EqualTo(edge.Tunnel.Id));
            Assert.That(item.GetProperty("domain").GetString(), Is.EqualTo("acme.tunnel.test"));
            Assert.That(item.GetProperty("state").GetString(), Is.EqualTo("active"));
            Assert.That(item.GetProperty("carrier").GetString(), Is.EqualTo("tls"));
            Assert.That(item.GetProperty("remoteAddress").GetString(), Is.EqualTo("127.0.0.1"));
            Assert.That(item.GetProperty("software").GetString(), Is.EqualTo("test/1"));
            Assert.That(item.GetProperty("streams").GetInt32(), Is.Zero);
        });
    }

    [Test]
    public async Task Links_are_listed_in_parts_and_only_to_an_admin(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var first = await edge.DialAsync(edge.Hello(index: 0));
        await using var second = await edge.DialAsync(edge.Hello(index: 1));
        using var admin = edge.CreateHttpClient(asAdmin: true);
        using var stranger = edge.CreateHttpClient();

        var page = await admin.GetFromJsonAsync<JsonElement>("v1/links?limit=1", cancellationToken);
        var rest = await admin.GetFromJsonAsync<JsonElement>($"v1/links?limit=1&after={page.GetProperty("next").GetString()}", cancellationToken);
        var other = await admin.GetFromJsonAsync<JsonElement>("v1/links?tunnel=tnl_other", cancellationToken);
        using var wrong = await admin.GetAsync("v1/links?limit=0", cancellationToken);
        using var refused = await stranger.GetAsync("v1/links", cancellationToken);

        string?[] ids = [.. page.GetProperty("items").EnumerateArray().Concat(rest.GetProperty("items").EnumerateArray()).Select(item => item.GetProperty("id").GetString())];
        Assert.That(ids, Is.EquivalentTo(new[] { first.Identity.LinkId, second.Identity.LinkId }));
        Assert.That(rest.TryGetProperty("next", out _), Is.False);
        Assert.That(other.GetProperty("items").GetArrayLength(), Is.Zero);
        Assert.That(wrong.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task Higher_generation_replaces_the_link_and_the_old_one_is_told(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var old = await edge.DialAsync(edge.Hello(generation: 1));
        await using var next = await edge.DialAsync(edge.Hello(generation: 2));

        var closure = await Eventually.ResultAsync(old.Closed);

        Assert.That(closure.Code, Is.EqualTo(TunnelCode.Replaced));
        Assert.That(next.State, Is.EqualTo(LinkState.Active));
        var refusal = await Assert.ThrowsAsync<LinkRefusedException>(() => edge.DialAsync(edge.Hello(generation: 2)));
        Assert.That(refusal!.Code, Is.EqualTo(TunnelCode.Replaced));
        await Eventually.ThatAsync(() => edge.Metrics.Sum("mcptunnel.edge.link.registrations", "accepted") == 2, "both are counted");
        Assert.That(edge.Metrics.Sum("mcptunnel.edge.link.registrations", "replaced"), Is.EqualTo(1));
    }
}
