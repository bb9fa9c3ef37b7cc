using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport;

public sealed class LinkStreamTests : LinkStreamContract
{
    protected override Task<LinkPair> CreatePairAsync(LinkOptions? options = null) => LinkPair.CreateAsync(options);

    [Test]
    public async Task Stream_that_the_client_opens_is_refused(CancellationToken cancellationToken)
    {
        await using var pair = await LinkPair.CreateAsync();
        var client = pair.Client.OpenStream();
        await client.Output.WriteAsync(new byte[1], cancellationToken);

        await Assert.ThatAsync(async () => await client.Input.ReadAsync(cancellationToken), Throws.InstanceOf<IOException>());
        Assert.That(pair.Edge.StreamCount, Is.Zero);
    }
}
