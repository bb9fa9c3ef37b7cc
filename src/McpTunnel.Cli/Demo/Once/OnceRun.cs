using McpTunnel.Cli.Demo.Agents;

namespace McpTunnel.Cli.Demo.Once;

/// <summary>Makes the calls of <c>demo --once</c>: tools/list and tools/call in each protocol era, and one call without a token.</summary>
internal sealed class OnceRun(DemoTunnel demo, MeasuringConnector connector, TimeProvider time)
{
    /// <summary>The newest revision of each era.</summary>
    public static readonly IReadOnlyList<string> Eras = ["2025-11-25", "2026-07-28"];

    private const string EchoTool = "echo";

    private const string Message = "through the tunnel";

    /// <summary>A call that takes longer is stuck.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly HopTrace _trace = new(demo.Hops, time);

    private bool HasSample => demo.Servers[0].Name == UpstreamSpec.SampleName;

    public async Task<OnceReport> RunAsync(TimeSpan startedIn, CancellationToken cancellationToken)
    {
        var calls = new List<CallReport>();
        foreach (var era in Eras)
        {
            calls.AddRange(await CallInEraAsync(era, cancellationToken));
        }

        var refused = await RefusedAsync(cancellationToken);
        return new OnceReport(
            PassedAll(calls) && refused.Passed,
            demo.AgentUrl.AbsoluteUri,
            demo.Servers[0].Url.AbsoluteUri,
            startedIn.TotalMilliseconds,
            calls,
            refused);
    }

    /// <summary>A server of the user's own may speak one era only; the sample speaks both.</summary>
    private bool PassedAll(List<CallReport> calls) =>
        HasSample ? calls.TrueForAll(call => call.Passed) : calls.GroupBy(call => call.ProtocolVersion).Any(era => era.All(call => call.Passed));

    private async Task<List<CallReport>> CallInEraAsync(string era, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var reports = new List<CallReport>();
        try
        {
            await using var agent = await McpAgent.ConnectAsync(demo.AgentUrl, demo.Token, era, connector, time, either.Token);
            IReadOnlyList<string> tools = [];
            reports.Add(await MeasureAsync(agent, era, "tools/list", async token =>
            {
                tools = await agent.ListToolsAsync(token);
                return string.Join(", ", tools);
            }, either.Token));
            if (tools.Contains(EchoTool))
            {
                reports.Add(await MeasureAsync(agent, era, $"tools/call {EchoTool}", token => EchoAsync(agent, token), either.Token));
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            reports.Add(new CallReport(era, reports.Count == 0 ? "connect" : "call", false, e.Message, 0, []));
        }

        return reports;
    }

    private static async Task<string> EchoAsync(McpAgent agent, CancellationToken cancellationToken)
    {
        var answer = await agent.CallToolAsync(EchoTool, new Dictionary<string, object?> { ["message"] = Message }, cancellationToken);
        return answer.Contains(Message, StringComparison.Ordinal) ? $"\"{answer}\"" : throw new IOException($"The tool answered \"{answer}\".");
    }

    private async Task<CallReport> MeasureAsync(
        McpAgent agent, string era, string call, Func<CancellationToken, Task<string>> action, CancellationToken cancellationToken)
    {
        var (logged, upstream) = (_trace.CallsLogged, _trace.UpstreamRequests);
        var started = time.GetTimestamp();
        var result = await action(cancellationToken);
        var elapsed = time.GetElapsedTime(started);
        var hops = await _trace.DescribeAsync(agent.Connections[^1], agent.Exchanges[^1], elapsed, logged, upstream, HasSample, cancellationToken);
        return new CallReport(era, call, true, result, elapsed.TotalMilliseconds, hops);
    }

    private async Task<RefusalReport> RefusedAsync(CancellationToken cancellationToken)
    {
        var refused = await RefusedCall.MakeAsync(demo.AgentUrl, connector, time, cancellationToken);
        var passed = refused.Status == 401 && refused.AuthorizationServers.Contains(demo.Issuer.Issuer);
        return new RefusalReport(passed, refused.Status, refused.Challenge, refused.AuthorizationServers, refused.Elapsed.TotalMilliseconds);
    }
}
