using System.Reflection;
using McpTunnel.Edge.Hosting;
using McpTunnel.Edge.Telemetry;
using McpTunnel.Transport;
using McpTunnel.Transport.Logging;
using Microsoft.Extensions.Logging;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Telemetry;

public sealed class EdgeLineRulesTests
{
    private static readonly Dictionary<int, LoggerMessageAttribute> Events = new[] { typeof(TunnelEdge).Assembly, typeof(TransportMetrics).Assembly }
        .SelectMany(assembly => assembly.GetTypes())
        .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
        .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>())
        .OfType<LoggerMessageAttribute>()
        .ToDictionary(item => item.EventId);

    /// <summary>The bands of our own begin at 1000; below are the web server's.</summary>
    private static readonly IEnumerable<LineRule> Own = EdgeLineRules.All.Where(rule => rule.EventId >= 1000);

    [TestCaseSource(nameof(Own))]
    public void Subject_is_a_value_of_the_events_line(LineRule rule)
    {
        Assert.That(Events, Does.ContainKey(rule.EventId));
        if (rule.Subject is not null)
        {
            Assert.That(Events[rule.EventId].Message, Does.Contain($"{{{rule.Subject}}}"));
        }
    }

    [Test]
    public void Without_a_total_is_only_what_has_a_proven_subject() =>
        Assert.That(EdgeLineRules.All.Where(rule => rule.Total is null).Select(rule => rule.Subject), Is.All.EqualTo("TunnelId"));
}
