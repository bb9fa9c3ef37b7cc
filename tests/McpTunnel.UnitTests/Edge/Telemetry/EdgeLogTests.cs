using System.Reflection;
using System.Text.RegularExpressions;
using McpTunnel.Edge.Telemetry;
using McpTunnel.TestKit;
using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Telemetry;

public sealed partial class EdgeLogTests
{
    private static readonly LoggerMessageAttribute[] Events =
        [.. typeof(EdgeLog).GetMethods(BindingFlags.Static | BindingFlags.Public).Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>()];

    [Test]
    public void Events_are_in_their_band_and_each_id_is_used_once()
    {
        Assert.That(Events, Is.Not.Empty);
        Assert.That(Events.Select(item => item.EventId), Is.All.InRange(3000, 3099));
        Assert.That(Events.Select(item => item.EventId), Is.Unique);
    }

    [Test]
    public void Document_lists_every_event_with_its_level_and_values()
    {
        var expected = Events.Select(item =>
            $"| {item.EventId} | {item.Level} | {string.Join(", ", Placeholder().Matches(item.Message).Select(match => match.Groups[1].Value))} |");
        var listed = Row().Matches(Repository.Read("docs/events.md"))
            .Select(match => $"| {match.Groups["id"].Value} | {match.Groups["level"].Value} | {match.Groups["values"].Value} |");

        Assert.That(listed, Is.EquivalentTo(expected));
    }

    [GeneratedRegex(@"\{(\w+)(?::[^}]*)?\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"^\| (?<id>30\d\d) \| (?<level>\w+) \| [^|]+ \| (?<values>[^|]*) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
