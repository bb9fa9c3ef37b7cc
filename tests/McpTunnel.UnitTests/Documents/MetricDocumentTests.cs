using System.Text.RegularExpressions;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Documents;

/// <summary>Holds the instruments in the sources and the metrics in the documents together.</summary>
public sealed partial class MetricDocumentTests
{
    [TestCase("docs/configuration-edge.md", "McpTunnel.Edge")]
    [TestCase("docs/configuration.md", "McpTunnel.Client", "McpTunnel.Transport")]
    public void Document_lists_every_metric(string document, params string[] projects)
    {
        var made = projects.SelectMany(project => Repository.Sources($"src/{project}"))
            .SelectMany(file => Instrument().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups[1].Value.Replace('.', '_'));

        // Prometheus puts the unit and the kind at the end.
        var listed = Row().Matches(Repository.Read(document)).Select(match => Ending().Replace(match.Groups[1].Value, ""));

        Assert.That(listed, Is.EquivalentTo(made));
    }

    [GeneratedRegex("\"(mcptunnel\\.(?:edge|client|transport)\\.[a-z_.]+)\"")]
    private static partial Regex Instrument();

    [GeneratedRegex("^\\| `(mcptunnel_[a-z_]+)", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("_seconds$|_total$")]
    private static partial Regex Ending();
}
