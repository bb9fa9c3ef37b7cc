using System.Globalization;
using System.Text.RegularExpressions;

namespace McpTunnel.TestKit.Telemetry;

/// <summary>What <c>/metrics</c> answered, as far as tests need it.</summary>
public sealed partial class PrometheusText
{
    /// <summary>What histograms and the exporter add.</summary>
    private static readonly string[] TechnicalLabels = ["le", "otel_scope_name", "otel_scope_version", "otel_scope_schema_url"];

    private readonly List<(string Name, Dictionary<string, string> Labels, double Value)> _samples;

    private PrometheusText(Dictionary<string, string> types, List<(string Name, Dictionary<string, string> Labels, double Value)> samples)
    {
        Types = types;
        _samples = samples;
    }

    /// <summary>The metrics and their types.</summary>
    public IReadOnlyDictionary<string, string> Types { get; }

    public static PrometheusText Parse(string text) => new(
        TypeLine().Matches(text).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value),
        [
            .. SampleLine().Matches(text).Select(sample => (
                sample.Groups["name"].Value,
                LabelPair().Matches(sample.Groups["labels"].Value).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value),
                double.Parse(sample.Groups["value"].Value, CultureInfo.InvariantCulture))),
        ]);

    /// <summary>The sum of all samples of this name that have these labels.</summary>
    public double Value(string name, params (string Name, string Value)[] labels) => _samples
        .Where(sample => sample.Name == name && labels.All(label => sample.Labels.GetValueOrDefault(label.Name) == label.Value))
        .Sum(sample => sample.Value);

    /// <summary>The labels that the samples of a metric have.</summary>
    public IEnumerable<string> LabelsOf(string metric) => _samples
        .Where(sample => sample.Name == metric || sample.Name == metric + "_count")
        .SelectMany(sample => sample.Labels.Keys)
        .Except(TechnicalLabels)
        .Distinct();

    [GeneratedRegex(@"^# TYPE (\w+) (\w+)\r?$", RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"^(?<name>\w+)(?:\{(?<labels>[^}]*)\})? (?<value>[0-9.eE+\-]+)", RegexOptions.Multiline)]
    private static partial Regex SampleLine();

    [GeneratedRegex(@"(\w+)=""([^""]*)""")]
    private static partial Regex LabelPair();
}
