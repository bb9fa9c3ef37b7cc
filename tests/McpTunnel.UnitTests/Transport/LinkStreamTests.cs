using McpTunnel.TestKit.Links;
using McpTunnel.Transport;

namespace McpTunnel.UnitTests.Transport;

public sealed class LinkStreamTests : LinkStreamContract
{
    protected override Task<LinkPair> CreatePairAsync(LinkOptions? options = null) => LinkPair.CreateAsync(options);
}
