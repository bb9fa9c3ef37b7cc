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

    [Test]
    public void OnSignal_second_says_last_words_first_and_waits_no_longer_than_for_a_moment()
    {
        var order = new List<string>();
        using var termination = new Termination(_ => order.Add("exit"), _ => { });
        termination.OnSecond(() =>
        {
            order.Add("last words");
            return new TaskCompletionSource().Task;
        });

        termination.OnSignal();
        var atOnce = termination.IsAtOnce;
        termination.OnSignal();
        termination.OnSignal();

        Assert.That(order, Is.EqualTo(new[] { "last words", "exit", "exit" }), "the third signal does not say them again");
        Assert.That((atOnce, termination.IsAtOnce), Is.EqualTo((false, true)));
    }

    [Test]
    public void OnSignal_second_ends_although_last_words_fail()
    {
        var exits = new List<int>();
        using var termination = new Termination(exits.Add, _ => { });
        termination.OnSecond(() => throw new IOException("gone"));

        termination.OnSignal();
        termination.OnSignal();

        Assert.That(exits, Is.EqualTo(new[] { 130 }));
    }
}
