using McpTunnel.Cli.Demo;
using McpTunnel.Cli.Shell;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Cli;

public sealed class UpstreamSpecTests
{
    [TestCase("docs=http://127.0.0.1:3000/mcp", "docs", "http://127.0.0.1:3000/mcp")]
    [TestCase("docs=http://127.0.0.1:3000", "docs", "http://127.0.0.1:3000/mcp")]
    [TestCase("docs=http://127.0.0.1:3000/", "docs", "http://127.0.0.1:3000/mcp")]
    [TestCase("a-1=https://x.example/a=b", "a-1", "https://x.example/a=b")]
    public void Parse_takes_name_and_url(string text, string name, string url)
    {
        var spec = UpstreamSpec.Parse(text);

        Assert.That((spec.Name, spec.Url.AbsoluteUri), Is.EqualTo((name, url)));
    }

    [Test]
    public void Parse_name_is_held_to_63_characters()
    {
        var longest = new string('a', 63);

        Assert.Multiple(() =>
        {
            Assert.That(UpstreamSpec.Parse($"{longest}=http://x.example/").Name, Is.EqualTo(longest));
            Assert.That(() => UpstreamSpec.Parse($"{longest}a=http://x.example/"), Throws.InstanceOf<CliException>());
        });
    }

    [TestCase("")]
    [TestCase("=http://x.example/")]
    [TestCase("docs")]
    [TestCase("docs=")]
    [TestCase("docs=/mcp")]
    [TestCase("docs=file:///etc/passwd")]
    [TestCase("docs=http://x.example/mcp?token=1")]
    [TestCase("-docs=http://x.example/")]
    [TestCase("docs-=http://x.example/")]
    [TestCase("Docs=http://x.example/")]
    [TestCase("do.cs=http://x.example/")]
    public void Parse_of_anything_else_is_a_usage_error(string text) =>
        Assert.That(() => UpstreamSpec.Parse(text), Throws.InstanceOf<CliException>().With.Property(nameof(CliException.Code)).EqualTo(ExitCode.Usage));

    [Test]
    public void ParseAll_with_one_name_twice_is_a_usage_error() =>
        Assert.That(
            () => UpstreamSpec.ParseAll(["docs=http://a.example/", "docs=http://b.example/"]),
            Throws.InstanceOf<CliException>().With.Message.Contain("docs"));
}
