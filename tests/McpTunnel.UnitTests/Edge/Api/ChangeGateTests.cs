using McpTunnel.Edge.Api;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Api;

public sealed class ChangeGateTests
{
    [Test]
    public void CloseAsync_waits_for_those_inside_and_lets_nobody_in()
    {
        var gate = new ChangeGate();
        Assert.That((gate.TryEnter(), gate.TryEnter()), Is.EqualTo((true, true)));

        var closed = gate.CloseAsync();
        gate.Leave();
        var before = (closed.IsCompleted, gate.TryEnter());
        gate.Leave();

        Assert.That(before, Is.EqualTo((false, false)));
        Assert.That(closed.IsCompletedSuccessfully);
        Assert.That(gate.TryEnter(), Is.False);
    }

    [Test]
    public void Open_after_closing_lets_everybody_in_and_can_be_closed_again()
    {
        var gate = new ChangeGate();
        Assert.That(gate.CloseAsync().IsCompletedSuccessfully);
        gate.Open();

        Assert.That(gate.TryEnter());
        var closed = gate.CloseAsync();
        Assert.That(closed.IsCompleted, Is.False);
        gate.Leave();
        Assert.That(closed.IsCompletedSuccessfully);
    }
}
