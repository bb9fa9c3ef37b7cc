using McpTunnel.Edge.Telemetry;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Health;

/// <summary>Runs the checks and remembers what they said, so that a change is logged once. Thread-safe.</summary>
internal sealed class Readiness(IEnumerable<IReadinessCheck> checks, TimeProvider time, ILogger<Readiness> logger)
{
    /// <summary>A check that takes longer has failed: whoever asks gives up soon, too.</summary>
    private static readonly TimeSpan CheckTimeout = TimeSpan.FromSeconds(2);

    private readonly IReadinessCheck[] _checks = [.. checks];
    private readonly HashSet<string> _failing = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    public async Task<ReadinessReport> ReportAsync(CancellationToken cancellationToken)
    {
        var results = await Task.WhenAll(_checks.Select(check => RunAsync(check, cancellationToken)));
        return new ReadinessReport(results.All(result => result.Ready), results);
    }

    private async Task<ReadinessResult> RunAsync(IReadinessCheck check, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(CheckTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        string? problem;
        try
        {
            problem = await check.FindProblemAsync(either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            problem = $"No answer within {CheckTimeout.TotalSeconds} s.";
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            problem = exception.Message;
        }

        LogChange(check.Name, problem);
        return new ReadinessResult(check.Name, problem is null, problem);
    }

    private void LogChange(string check, string? problem)
    {
        lock (_gate)
        {
            if (problem is not null && _failing.Add(check))
            {
                logger.NotReady(check, problem);
            }
            else if (problem is null && _failing.Remove(check))
            {
                logger.ReadyAgain(check);
            }
        }
    }
}
