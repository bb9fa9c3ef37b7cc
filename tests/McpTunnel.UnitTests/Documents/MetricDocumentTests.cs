using System.Text.RegularExpressions;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Telemetry;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Documents;

/// <summary>Holds the instruments in the sources and <c>docs/metrics.md</c> together. That the labels are as documented is for a scrape to show.</summary>
public sealed partial class MetricDocumentTests
{
    [Test]
    public void Document_lists_every_metric_with_its_type_and_unit()
    {
        var made = Repository.Sources("src")
            .SelectMany(file => Instrument().Matches(File.ReadAllText(file)))
            .Select(match => Row(match.Groups["name"].Value, match.Groups["kind"].Value, match.Groups["unit"].Value));

        var listed = MetricDocument.Read().Select(metric => (metric.Name, metric.Type, metric.Unit));

        Assert.That(listed, Is.EquivalentTo(made));
    }

    [Test]
    public void Every_alert_is_about_metrics_that_there_are()
    {
        var known = MetricDocument.Read().Select(metric => metric.Name).ToList();
        var document = Repository.Read(MetricDocument.Path);
        var alerts = document[document.IndexOf("## Alerts", StringComparison.Ordinal)..];

        Assert.That(Name().Matches(alerts).Select(match => Bucket().Replace(match.Value, "")).Distinct(), Is.Not.Empty.And.SubsetOf(known));
    }

    /// <summary>As Prometheus sees an instrument: its unit and kind at the end of its name; up-down counters are gauges.</summary>
    private static (string Name, string Type, string Unit) Row(string name, string kind, string unit)
    {
        var type = kind.Replace("Observable", "", StringComparison.Ordinal) switch
        {
            "Counter" => "counter",
            "Histogram" => "histogram",
            _ => "gauge",
        };
        var isFlag = name.EndsWith(".draining", StringComparison.Ordinal) || name.EndsWith(".info", StringComparison.Ordinal);
        var words = unit switch
        {
            "s" => "seconds",
            "By" => "bytes",
            _ when isFlag => "",
            "{address}" => "addresses",
            "{fetch}" => "fetches",
            _ => unit.Trim('{', '}') + "s",
        };
        var ending = (unit == "s" ? "_seconds" : "") + (type == "counter" ? "_total" : "");
        return (name.Replace('.', '_') + ending, type, words);
    }

    [GeneratedRegex("""Create(?<kind>\w+?)(?:<\w+>)?\(\s*"(?<name>mcptunnel\.[a-z_.]+)",[^;"]*"(?<unit>\{?\w+\}?)"\s*,""")]
    private static partial Regex Instrument();

    [GeneratedRegex("mcptunnel_[a-z_]+")]
    private static partial Regex Name();

    [GeneratedRegex("_bucket$")]
    private static partial Regex Bucket();
}
