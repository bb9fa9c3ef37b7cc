using System.Reflection;
using System.Text.RegularExpressions;
using McpTunnel.Certificates;
using McpTunnel.Client.Hosting;
using McpTunnel.Configuration;
using McpTunnel.Edge.Hosting;
using McpTunnel.Registry;
using McpTunnel.TestKit;
using McpTunnel.Transport;
using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Documents;

/// <summary>Holds every event of the product and <c>docs/events.md</c> together.</summary>
public sealed partial class EventDocumentTests
{
    private const int BandWidth = 1000;

    private static readonly Dictionary<int, Assembly> Bands = new()
    {
        [1000] = typeof(TransportMetrics).Assembly,
        [2000] = typeof(TunnelClient).Assembly,
        [3000] = typeof(TunnelEdge).Assembly,
        [4000] = typeof(EdgeRegistry).Assembly,
        [5000] = typeof(CertificateException).Assembly,
        [6000] = typeof(ConfigurationException).Assembly,
    };

    private static IEnumerable<LoggerMessageAttribute> Events => Bands.Values.SelectMany(EventsOf);

    [TestCaseSource(nameof(Bands))]
    public void Events_are_in_the_band_of_their_room(KeyValuePair<int, Assembly> band)
    {
        var ids = EventsOf(band.Value).Select(item => item.EventId).ToArray();

        Assert.That(ids, Is.Not.Empty.And.All.InRange(band.Key, band.Key + BandWidth - 1));
        Assert.That(ids, Is.Unique);
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

    private static IEnumerable<LoggerMessageAttribute> EventsOf(Assembly assembly) => assembly.GetTypes()
        .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
        .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>())
        .OfType<LoggerMessageAttribute>();

    [GeneratedRegex(@"\{(\w+)(?::[^}]*)?\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"^\| (?<id>\d{4}) \| (?<level>\w+) \| [^|]+ \| (?<values>[^|]*) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
