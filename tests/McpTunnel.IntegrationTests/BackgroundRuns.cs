using McpTunnel.IntegrationTests.WholePath;

namespace McpTunnel.IntegrationTests;

/// <summary>What takes minutes of waiting and no work runs beside all other tests.</summary>
[SetUpFixture]
public sealed class BackgroundRuns
{
    internal static QuietStreamRun QuietStreams { get; private set; } = null!;

    [OneTimeSetUp]
    public void Begin() => QuietStreams = QuietStreamRun.Begin();

    [OneTimeTearDown]
    public async Task EndAsync() => await QuietStreams.DisposeAsync();
}
