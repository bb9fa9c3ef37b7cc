using System.Text.RegularExpressions;

namespace McpTunnel.TestKit.Telemetry;

/// <summary>The tables of <c>docs/metrics.md</c>.</summary>
public static partial class MetricDocument
{
    public const string Path = "docs/metrics.md";

    /// <summary>Every metric that the document lists.</summary>
    public static IReadOnlyList<DocumentedMetric> Read() =>
    [
        .. Row().Matches(Repository.Read(Path)).Select(match => new DocumentedMetric(
            match.Groups["name"].Value, match.Groups["type"].Value, match.Groups["unit"].Value, [.. Label().Matches(match.Groups["labels"].Value).Select(label => label.Groups[1].Value)])),
    ];

    [GeneratedRegex(@"^\| `(?<name>mcptunnel_[a-z_]+)` \| (?<type>\w+) \| (?<unit>\w*) ?\| (?<labels>[^|]*) ?\| [^|]+ \| [^|]*\|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`([a-z_]+)`")]
    private static partial Regex Label();
}
