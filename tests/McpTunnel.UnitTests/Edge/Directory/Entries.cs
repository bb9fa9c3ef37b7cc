using McpTunnel.Edge.Directory;
using McpTunnel.Transport;

namespace McpTunnel.UnitTests.Edge.Directory;

internal static class Entries
{
    public static LinkEntry For(ILink link, string domain = "acme.tunnel.test", string token = "AA", string certificate = "BB") =>
        new(link, domain, new CredentialDigests(token, certificate), "test/1", "192.0.2.1", DateTimeOffset.UnixEpoch);
}
