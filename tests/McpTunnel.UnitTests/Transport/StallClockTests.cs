using McpTunnel.Transport;
using McpTunnel.Transport.Links;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport;

public sealed class StallClockTests
{
    private readonly FakeTimeProvider _time = new();

    [Test]
    public void Waits_add_up_and_those_that_go_on_count_until_now()
    {
        var clock = new StallClock(_time);

        clock.Begin();
        Pass(2);
        clock.Begin();
        Pass(3);
        clock.End();

        Assert.That(clock.Read(), Is.EqualTo(new LinkStalls(TimeSpan.FromSeconds(2 + 3 + 3), 1)));
        Pass(10);
        Assert.That(clock.Read().Time, Is.EqualTo(TimeSpan.FromSeconds(18)));
        clock.End();
        Pass(10);
        Assert.That(clock.Read(), Is.EqualTo(new LinkStalls(TimeSpan.FromSeconds(18), 0)));
    }

    [Test]
    public void Stop_keeps_what_was_and_lets_nothing_more_count()
    {
        var clock = new StallClock(_time);
        clock.Begin();
        Pass(5);

        clock.Stop();
        clock.Begin();
        Pass(5);
        clock.End();

        Assert.That(clock.Read(), Is.EqualTo(new LinkStalls(TimeSpan.FromSeconds(5), 0)));
    }

    private void Pass(int seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));
}
