using McpTunnel.TestKit.WholePath;
using McpTunnel.Transport.Logging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport.Logging;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed partial class BoundedLoggerFactoryTests : IDisposable
{
    private static readonly LineRule[] Rules = [new(1, "TunnelId", Total: null), new(2, "RemoteAddress", Total: 100)];

    private readonly FakeTimeProvider _time = new();
    private readonly LogRecord _log = new();
    private readonly BoundedLoggerFactory _loggers;
    private readonly ILogger _logger;

    public BoundedLoggerFactoryTests()
    {
        _loggers = new BoundedLoggerFactory(_log.Factory, Rules, _time);
        _logger = _loggers.CreateLogger("Test");
    }

    public void Dispose()
    {
        _loggers.Dispose();
        _log.Dispose();
    }

    [Test]
    public void Log_more_lines_of_a_tunnel_than_its_budget_are_left_out_and_told_once()
    {
        Repeat(LineBudget.PerSubject, () => OfTunnel(_logger, "tnl_a"));
        Assert.That(LinesOf("tnl_a"), Is.EqualTo(LineBudget.PerSubject));

        Repeat(1000, () => OfTunnel(_logger, "tnl_a"));
        OfTunnel(_logger, "tnl_b");
        Assert.That(LinesOf("tnl_a"), Is.EqualTo(LineBudget.PerSubject));
        Assert.That(LinesOf("tnl_b"), Is.EqualTo(1), "one tunnel took another one's lines");

        _time.Advance(LineBudget.Window);
        Assert.That(Told, Is.EqualTo(["Event 1, tnl_a: 1000 more lines of the last 60 s were not logged"]));
        OfTunnel(_logger, "tnl_a");
        Assert.That(_log.Lines[^1], Does.Contain("of tnl_a."), "the next minute has its own lines");

        _time.Advance(LineBudget.Window);
        Assert.That(Told, Has.Count.EqualTo(1), "nothing was left out in the second minute");
    }

    [Test]
    public void Log_strangers_together_have_the_total_and_new_ones_take_no_memory_then()
    {
        for (var i = 0; i < 1000; i++)
        {
            OfSource(_logger, $"198.51.{i / 256}.{i % 256}");
        }

        Assert.That(LinesOf("198.51."), Is.EqualTo(100));
        _time.Advance(LineBudget.Window);
        Assert.That(Told, Is.EqualTo(["Event 2, others: 900 more lines of the last 60 s were not logged"]));
    }

    [Test]
    public void Log_addresses_of_one_IPv6_network_are_one_source()
    {
        for (var i = 0; i < LineBudget.PerSubject + 5; i++)
        {
            OfSource(_logger, $"2001:db8:1:2::{i:x}");
        }

        OfSource(_logger, "2001:db8:1:3::1");
        Assert.That(LinesOf("from 2001:"), Is.EqualTo(LineBudget.PerSubject + 1));
        _time.Advance(LineBudget.Window);
        Assert.That(Told, Is.EqualTo(["Event 2, 2001:db8:1:2::/64: 5 more lines of the last 60 s were not logged"]));
    }

    [Test]
    public void Log_event_without_a_rule_is_never_left_out()
    {
        Repeat(5000, () => Free(_logger));
        Assert.That(LinesOf("free of limits"), Is.EqualTo(5000));
    }

    [Test]
    public void Dispose_tells_what_was_left_out_so_far()
    {
        Repeat(LineBudget.PerSubject + 3, () => OfTunnel(_logger, "tnl_a"));
        _loggers.Dispose();
        Assert.That(Told, Is.EqualTo(["Event 1, tnl_a: 3 more lines of the last 60 s were not logged"]));
    }

    private List<string> Told => [.. _log.Lines.Where(line => line.Contains(" 1020: ", StringComparison.Ordinal)).Select(line => line[(line.IndexOf("1020: ", StringComparison.Ordinal) + 6)..].Trim())];

    private int LinesOf(string text) => _log.Lines.Count(line => line.Contains(text, StringComparison.Ordinal));

    private static void Repeat(int times, Action action)
    {
        for (var i = 0; i < times; i++)
        {
            action();
        }
    }

    [LoggerMessage(1, LogLevel.Information, "A line of {TunnelId}.")]
    private static partial void OfTunnel(ILogger logger, string tunnelId);

    [LoggerMessage(2, LogLevel.Information, "A line from {RemoteAddress}.")]
    private static partial void OfSource(ILogger logger, string remoteAddress);

    [LoggerMessage(3, LogLevel.Information, "A line free of limits.")]
    private static partial void Free(ILogger logger);
}
