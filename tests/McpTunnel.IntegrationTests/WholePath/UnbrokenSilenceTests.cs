namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>The end of what <see cref="BackgroundRuns"/> began. Tests run in the order of their names: by now most others have run meanwhile.</summary>
[Category("Slow")]
public sealed class UnbrokenSilenceTests
{
    [Test]
    [CancelAfter(600_000)]
    public async Task F7_R26_silent_streams_outlive_every_default(CancellationToken cancellationToken)
    {
        var outcomes = await BackgroundRuns.QuietStreams.OutcomesAsync().WaitAsync(cancellationToken);

        await TestContext.Out.WriteLineAsync($"Silent for {QuietStreamRun.Quiet.TotalSeconds} s: {string.Join("; ", outcomes)}");
        Assert.That(outcomes, Has.Count.EqualTo(4).And.All.EndsWith(": delivered"));
    }
}
