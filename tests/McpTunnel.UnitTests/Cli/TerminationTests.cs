using McpTunnel.Cli.Shell;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Cli;

public sealed class TerminationTests
{
    [Test]
    public void OnSignal_first_asks_for_an_end_in_good_order_and_second_ends_at_once()
    {
        var exits = new List<int>();
        using var termination = new Termination(exits.Add, _ => { });

        termination.OnSignal();
        var afterFirst = (termination.Requested.IsCancellationRequested, exits.Count);
        termination.OnSignal();

        Assert.Multiple(() =>
        {
            Assert.That(afterFirst, Is.EqualTo((true, 0)));
            Assert.That(exits, Is.EqualTo(new[] { 130 }));
        });
    }
}
