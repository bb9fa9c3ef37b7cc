using McpTunnel.Benchmarks.Reports;

namespace McpTunnel.Benchmarks.Micro;

/// <summary>
/// Times an operation in a loop long enough for the clock, several times over, and gives the median: enough to see a factor,
/// not a percent.
/// </summary>
internal static class MicroRunner
{
    private const int Runs = 7;
    private static readonly TimeSpan OneRun = TimeSpan.FromMilliseconds(200);
    private static readonly TimeProvider Clock = TimeProvider.System;

    /// <param name="batch">Does the operation as often as it is told.</param>
    public static MicroFigures Measure(string name, Action<int> batch)
    {
        var count = Calibrate(batch);
        var nanoseconds = new double[Runs];
        var allocated = new double[Runs];
        for (var run = 0; run < Runs; run++)
        {
            var bytes = GC.GetAllocatedBytesForCurrentThread();
            var start = Clock.GetTimestamp();
            batch(count);
            nanoseconds[run] = Clock.GetElapsedTime(start).TotalNanoseconds / count;
            allocated[run] = (double)(GC.GetAllocatedBytesForCurrentThread() - bytes) / count;
        }

        return new MicroFigures(name, Statistics.Median(nanoseconds), Statistics.Median(allocated));
    }

    /// <summary>Also the warm-up: by the time a run is long enough, the runtime has compiled it for good.</summary>
    private static int Calibrate(Action<int> batch)
    {
        var count = 1;
        while (true)
        {
            var start = Clock.GetTimestamp();
            batch(count);
            if (Clock.GetElapsedTime(start) >= OneRun)
            {
                return count;
            }

            count *= 2;
        }
    }
}
