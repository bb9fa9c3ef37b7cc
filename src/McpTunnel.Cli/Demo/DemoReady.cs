namespace McpTunnel.Cli.Demo;

/// <summary>What <c>demo --json</c> prints when it is ready.</summary>
internal sealed record DemoReady(string AgentUrl, string CaFile, string Token, IReadOnlyList<string> ManagementUrls)
{
    public static DemoReady Of(DemoTunnel demo) => new(
        demo.AgentUrl.AbsoluteUri, demo.CaFile, demo.Token, [demo.Edge.Edge.ManagementUrl.AbsoluteUri, demo.Client.ManagementUrl.AbsoluteUri]);
}
