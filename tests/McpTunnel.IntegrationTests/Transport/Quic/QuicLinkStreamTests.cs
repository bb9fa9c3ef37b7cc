using McpTunnel.TestKit.Links;
using McpTunnel.Transport;

namespace McpTunnel.IntegrationTests.Transport.Quic;

[Category("Quic")]
public sealed class QuicLinkStreamTests : LinkStreamContract
{
    protected override Task<LinkPair> CreatePairAsync(LinkOptions? options = null) => QuicCarrierFixture.CreatePairAsync(options);
}
