using McpTunnel.Cli.Shell;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Cli;

public sealed class ServiceManagerTests
{
    [Test]
    public async Task Says_ready_alive_and_stopping()
    {
        var notifier = new Notifier();
        var time = new FakeTimeProvider();
        await using (var manager = new ServiceManager(time, notifier, watchdog: "30000000"))
        {
            manager.Ready();
            time.Advance(TimeSpan.FromSeconds(15));
            manager.Stopping();
        }

        Assert.That(notifier.Said, Is.EqualTo(new[] { "READY=1", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1" }));
    }

    [Test]
    public async Task Process_that_is_replaced_names_its_successor_and_says_nothing_more()
    {
        var notifier = new Notifier();
        var time = new FakeTimeProvider();
        await using (var manager = new ServiceManager(time, notifier, watchdog: "30000000"))
        {
            manager.Ready();
            await manager.HandOverAsync(4711);
            time.Advance(TimeSpan.FromDays(1));
        }

        Assert.That(notifier.Said, Is.EqualTo(new[] { "READY=1", "WATCHDOG=1", "MAINPID=4711" }));
    }

    [TestCase("")]
    [TestCase("0")]
    [TestCase("-5")]
    [TestCase("often")]
    public async Task Without_a_watchdog_nothing_is_said_in_between(string watchdog)
    {
        var notifier = new Notifier();
        var time = new FakeTimeProvider();
        await using (var manager = new ServiceManager(time, notifier, watchdog))
        {
            manager.Ready();
            time.Advance(TimeSpan.FromDays(1));
        }

        Assert.That(notifier.Said, Is.EqualTo(new[] { "READY=1" }));
    }

    private sealed class Notifier : ISystemdNotifier
    {
        public List<string> Said { get; } = [];

        public bool IsEnabled => true;

        public void Notify(ServiceState state) => Said.Add(state.ToString());
    }
}
