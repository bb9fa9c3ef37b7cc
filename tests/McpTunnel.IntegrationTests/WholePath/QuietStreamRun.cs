using System.Globalization;
using System.Net;
using McpTunnel.TestKit.Upstreams;
using McpTunnel.TestKit.WholePath;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>
/// Event streams through the whole path, silent for longer than any default of the parts in between would bear. Runs beside the other tests,
/// which is why it is begun before any of them.
/// </summary>
internal sealed class QuietStreamRun : IAsyncDisposable
{
    /// <summary>How long the streams stay silent, in seconds; 300 in CI.</summary>
    public const string Variable = "MCPTUNNEL_QUIET_STREAM_SECONDS";

    private const string First = ": hello\n\n";
    private const string Late = "data: late\n\n";

    /// <summary>Kestrel's keep-alive limit of 130 s is the longest default that closed quiet streams elsewhere.</summary>
    private static readonly TimeSpan DefaultQuiet = TimeSpan.FromSeconds(140);

    /// <summary>A run of few tests is over before the streams are made.</summary>
    private static readonly TimeSpan HeadStart = TimeSpan.FromSeconds(10);

    private readonly TaskCompletionSource _needed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _silent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ended = new();
    private readonly Task<IReadOnlyList<string>> _run;

    private QuietStreamRun() => _run = RunAsync(_ended.Token);

    public static TimeSpan Quiet { get; } =
        int.TryParse(Environment.GetEnvironmentVariable(Variable), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : DefaultQuiet;

    public static QuietStreamRun Begin() => new();

    /// <summary>Waits until all streams are made, and nothing more happens for a while.</summary>
    public async Task SilentAsync()
    {
        _needed.TrySetResult();
        await await Task.WhenAny(_silent.Task, _run);
    }

    /// <summary>Waits for the end. Names each stream, with what was wrong with it.</summary>
    public Task<IReadOnlyList<string>> OutcomesAsync()
    {
        _needed.TrySetResult();
        return _run;
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _run.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _ended.Dispose();
    }

    private async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAny(_needed.Task, Task.Delay(HeadStart, TimeProvider.System, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        var speak = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var upstream = await ScriptedUpstream.StartAsync(Behaviour.EventStream(token => SilenceAsync(speak.Task, token)));
        await using var tunnel = await TunnelFixture.StartAsync(new() { Servers = [new("docs") { Upstream = upstream.Url, NeedsToken = false }] });
        using var agent = tunnel.CreateHttpClient();

        var streams = new List<(string Name, HttpResponseMessage Response, Stream Body)>();
        foreach (var version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post })
            {
                using var request = new HttpRequestMessage(method, tunnel.Tunnel.UrlOf("docs")) { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
                var response = await agent.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
                var body = await response.Content.ReadAsStreamAsync(cancellationToken);
                await RelayPath.ReadAsync(body, First.Length);
                streams.Add(($"{method} over HTTP/{version}", response, body));
            }
        }

        _silent.SetResult();
        await Task.Delay(Quiet, TimeProvider.System, cancellationToken);
        speak.SetResult();

        var outcomes = new List<string>();
        foreach (var (name, response, body) in streams)
        {
            outcomes.Add($"{name}: {await ReadLateAsync(body)}");
            response.Dispose();
        }

        return outcomes;
    }

    private static async Task<string> ReadLateAsync(Stream body)
    {
        try
        {
            return await RelayPath.ReadAsync(body, Late.Length) == Late ? "delivered" : "other bytes";
        }
        catch (Exception exception) when (exception is IOException or TimeoutException)
        {
            return exception.Message;
        }
    }

    private static async IAsyncEnumerable<string> SilenceAsync(
        Task speak, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return First;
        await speak.WaitAsync(cancellationToken);
        yield return Late;
    }
}
