using McpTunnel.Client.Hosting;
using McpTunnel.TestKit.WholePath;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Hosting;

public sealed class QuietLoggerFactoryTests
{
    private static readonly Action<ILogger, string, Exception?> QueueExceeded =
        LoggerMessage.Define<string>(LogLevel.Critical, new EventId(60), "Connection id \"{ConnectionId}\" exceeded the output operations maximum queue size.");

    [Test]
    public void Lines_of_the_web_server_that_agents_can_cause_have_a_budget_and_those_of_others_have_none()
    {
        using var log = new LogRecord();
        using (var loggers = new QuietLoggerFactory(log.Factory, new FakeTimeProvider()))
        {
            foreach (var category in new[] { "Microsoft.AspNetCore.Server.Kestrel.Http2", "Other" })
            {
                var logger = loggers.CreateLogger(category);
                for (var i = 0; i < 1000; i++)
                {
                    QueueExceeded(logger, category, null);
                }
            }
        }

        Assert.Multiple(() =>
        {
            Assert.That(log.Lines.Count(line => line.Contains("\"Microsoft.AspNetCore.Server.Kestrel.Http2\"", StringComparison.Ordinal)), Is.EqualTo(QuietLoggerFactory.Budget));
            Assert.That(log.Lines.Count(line => line.Contains("\"Other\"", StringComparison.Ordinal)), Is.EqualTo(1000));
            Assert.That(log.Contains($"Event 60, others: {1000 - QuietLoggerFactory.Budget} more lines"), "what was left out is counted");
        });
    }
}
