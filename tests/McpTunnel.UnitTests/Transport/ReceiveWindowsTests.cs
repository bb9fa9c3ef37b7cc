using McpTunnel.Protocol.Yamux;
using McpTunnel.Transport.Multiplexing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport;

public sealed class ReceiveWindowsTests
{
    private const int Start = YamuxLimits.InitialWindow;

    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(50);

    [Test]
    public void F30_window_half_used_within_two_round_trips_doubles_up_to_16_MiB()
    {
        var windows = new ReceiveWindows(new WindowBudget(ReceiveWindows.LinkBudget), new WindowBudget(long.MaxValue));
        var seen = new List<int>();
        for (var window = Start; seen.Count < 8; seen.Add(window))
        {
            window = windows.Next(window, 2 * RoundTrip, RoundTrip);
        }

        Assert.That(seen.Select(window => window / Start), Is.EqualTo(new[] { 2, 4, 8, 16, 32, 64, 64, 64 }));
    }

    [Test]
    public void Window_that_is_used_more_slowly_stays()
    {
        var windows = new ReceiveWindows(new WindowBudget(ReceiveWindows.LinkBudget), new WindowBudget(long.MaxValue));

        Assert.That(windows.Next(Start, (2 * RoundTrip) + TimeSpan.FromTicks(1), RoundTrip), Is.EqualTo(Start));
    }

    [Test]
    public void Nothing_grows_before_a_round_trip_was_measured()
    {
        var windows = new ReceiveWindows(new WindowBudget(ReceiveWindows.LinkBudget), new WindowBudget(long.MaxValue));

        Assert.That(windows.Next(Start, TimeSpan.FromTicks(1), null), Is.EqualTo(Start));
    }

    [Test]
    public void Rising_round_trip_is_believed_slowly_and_a_falling_one_at_once()
    {
        var windows = new ReceiveWindows(new WindowBudget(ReceiveWindows.LinkBudget), new WindowBudget(long.MaxValue));
        windows.Next(Start, TimeSpan.MaxValue, RoundTrip);

        var queueing = windows.Next(Start, 5 * RoundTrip, 9 * RoundTrip);
        var twoTimes = windows.Next(Start, 4 * RoundTrip, 9 * RoundTrip);
        var fallen = windows.Next(Start, 2 * RoundTrip, RoundTrip / 2);

        Assert.That((queueing, twoTimes, fallen), Is.EqualTo((Start, 2 * Start, Start)));
    }

    [TestCase(3L * Start, long.MaxValue, TestName = "Link_budget_bounds_all_windows_together")]
    [TestCase(long.MaxValue, 3L * Start, TestName = "Process_budget_bounds_all_windows_together")]
    public void Budget(long link, long process)
    {
        var budgets = (Link: new WindowBudget(link), Process: new WindowBudget(process));
        var windows = new ReceiveWindows(budgets.Link, budgets.Process);

        var first = windows.Next(Start, RoundTrip, RoundTrip);
        var second = windows.Next(Start, RoundTrip, RoundTrip);
        var third = windows.Next(second, RoundTrip, RoundTrip);
        windows.Release(first);
        var fourth = windows.Next(second, RoundTrip, RoundTrip);
        windows.Release(fourth);

        Assert.That((first / Start, second / Start, third / Start, fourth / Start), Is.EqualTo((2, 2, 2, 4)), "the third has to wait until the first is gone");
        Assert.That((budgets.Link.Free, budgets.Process.Free), Is.EqualTo((link, process)), "all of it is back");
    }
}
