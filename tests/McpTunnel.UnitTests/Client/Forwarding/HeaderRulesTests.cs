using McpTunnel.Client.Forwarding;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Forwarding;

public sealed class HeaderRulesTests
{
    [TestCase("Mcp-Session-Id")]
    [TestCase("Mcp-Param-X")]
    [TestCase("DPoP")]
    [TestCase("Accept")]
    [TestCase("Cookie")]
    [TestCase("Via")]
    [TestCase("Origin")]
    [TestCase("Expect")]
    [TestCase("X-Forward")]
    [TestCase("My_Header")]
    [TestCase("traceparent")]
    public void PassesToUpstream_everything_unknown(string name) => Assert.That(HeaderRules.PassesToUpstream(name), Is.True);

    [TestCase("Connection")]
    [TestCase("keep-alive")]
    [TestCase("TE")]
    [TestCase("Transfer-Encoding")]
    [TestCase("Upgrade")]
    [TestCase("Proxy-Authorization")]
    [TestCase("Host")]
    [TestCase("authorization")]
    [TestCase("x-forwarded-for")]
    [TestCase("X-Forwarded-Anything")]
    [TestCase("Forwarded")]
    [TestCase("X-Real-Ip")]
    [TestCase("X_Forwarded_For")]
    [TestCase("x-forwarded_host")]
    [TestCase("X_Real-Ip")]
    [TestCase("Transfer_Encoding")]
    [TestCase("X-Original-URL")]
    [TestCase(":method")]
    public void PassesToUpstream_not_what_belongs_to_a_connection_or_to_us(string name) => Assert.That(HeaderRules.PassesToUpstream(name), Is.False);

    [TestCase("WWW-Authenticate", true)]
    [TestCase("Set-Cookie", true)]
    [TestCase("Server", true)]
    [TestCase("Strict-Transport-Security", true)]
    [TestCase("Transfer-Encoding", false)]
    [TestCase("alt-svc", false)]
    public void PassesToAgent_judges(string name, bool passes) => Assert.That(HeaderRules.PassesToAgent(name), Is.EqualTo(passes));
}
