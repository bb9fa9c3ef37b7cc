using McpTunnel.Cli.Demo.Agents;

namespace McpTunnel.Cli.Demo.Once;

/// <summary>Makes the calls of <c>demo --once</c>: tools/list and tools/call in each protocol era, and one call without a token.</summary>
internal sealed class OnceRun(DemoTunnel demo, MeasuringConnector connector, TimeProvider time)
{
    /// <summary>The newest revision of each era.</summary>
    public static readonly IReadOnlyList<string> Eras = ["2025-11-25", "2026-07-28"];

    private const string Connecting = "connect";

    private const string EchoTool = "echo";

    private const string Message = "through the tunnel";

    /// <summary>A call that takes longer is stuck.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly HopTrace _trace = new(demo.Hops, time);

    private bool HasSample => demo.Servers[0].Name == UpstreamSpec.SampleName;

    public async Task<OnceReport> RunAsync(TimeSpan startedIn, CancellationToken cancellationToken)
    {
        var calls = new List<CallReport>();
        var declined = new List<UnspokenEra>();
        foreach (var era in Eras)
        {
            calls.AddRange(await CallInEraAsync(era, declined, cancellationToken));
        }

        if (calls.Count == 0)
        {
            // It speaks none, so it is no MCP server at all.
            calls.AddRange(declined.Select(era => Failed(era.ProtocolVersion, Connecting, era.Reason)));
            declined.Clear();
        }

        var refused = await RefusedAsync(cancellationToken);
        return new OnceReport(
            calls.TrueForAll(call => call.Passed) && refused.Passed,
            demo.AgentUrl.AbsoluteUri,
            demo.Servers[0].Url.AbsoluteUri,
            startedIn.TotalMilliseconds,
            calls,
            declined,
            refused);
    }

    /// <summary>A server of the user's own may speak one era only, and then its answer to the other is no failure; the sample speaks both.</summary>
    private async Task<List<CallReport>> CallInEraAsync(string era, List<UnspokenEra> declined, CancellationToken cancellationToken)
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
        catch (Exception e) when (!HasSample && reports.Count == 0 && IsAnswer(e))
        {
            declined.Add(new UnspokenEra(era, e.Message));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            reports.Add(Failed(era, reports.Count == 0 ? Connecting : "call", e.Message));
        }

        return reports;
    }

    /// <summary>Whether the server said no, as opposed to nothing having reached it, or it saying nothing.</summary>
    private static bool IsAnswer(Exception exception) =>
        exception is not (OperationCanceledException or TimeoutException or IOException or HttpRequestException { StatusCode: null });

    private static CallReport Failed(string era, string call, string reason) => new(era, call, false, reason, 0, []);

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
