using System.Text;
using McpTunnel.Client.Routing;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Routing;

public sealed class RequestTargetTests
{
    [TestCase("/", "/", 1)]
    [TestCase("/mcp", "/mcp", 4)]
    [TestCase("/mcp?x=/../%2f", "/mcp?x=/../%2f", 4)]
    [TestCase("/a%20b/c;v=1", "/a%20b/c;v=1", 12)]
    [TestCase("/a..b/.well-known/x.", "/a..b/.well-known/x.", 20)]
    [TestCase("/...", "/...", 4)]
    [TestCase("/caf%C3%A9/%e4%bd%a0", "/caf%C3%A9/%e4%bd%a0", 20)]
    [TestCase("https://docs.test:8443/mcp?x", "/mcp?x", 4)]
    [TestCase("HTTPS://DOCS.test:8443?x", "/?x", 1)]
    [TestCase("https://docs.test:8443", "/", 1)]
    public void TryParse_plain_target_is_split(string target, string originForm, int pathLength)
    {
        var parsed = RequestTarget.TryParse(target, "docs.test:8443", out var result, out var length);

        Assert.Multiple(() =>
        {
            Assert.That(parsed, Is.True);
            Assert.That(result, Is.EqualTo(originForm));
            Assert.That(length, Is.EqualTo(pathLength));
        });
    }

    [TestCase("")]
    [TestCase("*")]
    [TestCase("mcp")]
    [TestCase("//mcp")]
    [TestCase("/a//b")]
    [TestCase("/a//")]
    [TestCase("/.")]
    [TestCase("/..")]
    [TestCase("/a/..")]
    [TestCase("/a/../b")]
    [TestCase("/a/./b")]
    [TestCase("/a/..;x=1/b")]
    [TestCase("/a/.;/b")]
    [TestCase("/%2e%2e/b")]
    [TestCase("/a/%2E/b")]
    [TestCase("/a%2fb")]
    [TestCase("/a%2Fb")]
    [TestCase("/a%5cb")]
    [TestCase("/a\\b")]
    [TestCase("/a%25%32%66")]
    [TestCase("/a%3bb")]
    [TestCase("/a%3fb")]
    [TestCase("/a%23b")]
    [TestCase("/a/%c0%ae%c0%ae/b")]
    [TestCase("/a%C0%AFb")]
    [TestCase("/a%e0%80%afb")]
    [TestCase("/a%f0%80%80%afb")]
    [TestCase("/a%e9")]
    [TestCase("/a%c3b")]
    [TestCase("/a%00")]
    [TestCase("/a%0a")]
    [TestCase("/a%7f")]
    [TestCase("/a%")]
    [TestCase("/a%2")]
    [TestCase("/a%g0")]
    [TestCase("/a b")]
    [TestCase("/a#b")]
    [TestCase("/a?b#c")]
    [TestCase("/a?b\u00e9")]
    [TestCase("/\u00e9")]
    [TestCase("/a\0")]
    [TestCase("/a\r\nX: y")]
    [TestCase("https://docs.test/mcp")]
    [TestCase("https://wiki.test:8443/mcp")]
    [TestCase("https://docs.test:84430/mcp")]
    [TestCase("https://docs.test:8443.evil/mcp")]
    [TestCase("https://docs.test:8443@evil/mcp")]
    [TestCase("http://docs.test:8443/mcp")]
    public void TryParse_target_with_two_readings_is_refused(string target)
    {
        Assert.That(RequestTarget.TryParse(target, "docs.test:8443", out _, out _), Is.False);
    }

    [Test]
    public void TryParse_whatever_passes_means_the_same_to_a_lenient_reader()
    {
        Fuzz.Run(38, random =>
        {
            var target = Encoding.Latin1.GetString(Fuzz.Mutate(random, "/mcp/tools;v=1/%41b/..x/a.b?q=%2e"u8));
            if (!RequestTarget.TryParse(target, "docs.test", out var originForm, out var length))
            {
                return;
            }

            // A reader that decodes, merges slashes and removes dots sees nothing to do but plain letters.
            var path = originForm[..length];
            var decoded = Uri.UnescapeDataString(path);
            Assert.That(new Uri("https://h" + path.Replace("%", "%25")).AbsolutePath.Replace("%25", "%"), Is.EqualTo(path));
            Assert.That(decoded.Split('/').Select(segment => segment.Split(';')[0]), Has.None.AnyOf(".", ".."));
            Assert.That(decoded.Count(c => c == '/'), Is.EqualTo(path.Count(c => c == '/')));
            Assert.That(decoded, Does.Not.Contain("//").And.Not.Contain("\\"));
        });
    }
}
