using McpTunnel.Cli.Shell;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Cli;

public sealed class LineFormatterTests
{
    [TestCase("docs.acme.test", "docs.acme.test")]
    [TestCase("café ✓", "café ✓")]
    [TestCase("a\nb\r\nc\td", "a b  c d")]
    [TestCase("x\u001b[2Jy\u009b1my", "x\uFFFD[2Jy\uFFFD1my")]
    [TestCase("a\u2028b\u202ec\0", "a\uFFFDb\uFFFDc\uFFFD")]
    public void Plain_leaves_nothing_that_a_terminal_obeys(string text, string plain) => Assert.That(PlainText.Of(text), Is.EqualTo(plain));

    [Test]
    public void Write_is_one_line_with_level_category_id_and_exception()
    {
        using var writer = new StringWriter();
        var entry = new LogEntry<string>(
            LogLevel.Warning, "Ingress", new EventId(3110), "GET /\r\u001b[1A", new IOException("first\nsecond"), static (state, _) => state);

        new LineFormatter().Write(entry, scopeProvider: null, writer);

        var line = writer.ToString();
        Assert.That(line, Does.Match(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S*warn\S*: Ingress\[3110\] GET / \uFFFD\[1A System\.IO\.IOException: first second"));
        Assert.That(line.TrimEnd('\r', '\n'), Has.No.Member('\n').And.No.Member('\r'));
    }
}
