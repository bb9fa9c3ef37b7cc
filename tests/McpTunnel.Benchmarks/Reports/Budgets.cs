using System.Globalization;
using McpTunnel.Benchmarks.Variants;

namespace McpTunnel.Benchmarks.Reports;

/// <summary>The budgets that side-by-side runs decide. Each is a comparison within one run, never an absolute time.</summary>
internal static class Budgets
{
    public static IEnumerable<BudgetLine> Calls(ShapeReport calls, string tunnel)
    {
        yield return new BudgetLine(
            $"CPU per small tool call, whole path ({tunnel})", "Kestrel TLS + YARP alone", 1.3, "×",
            calls.MedianOf(tunnel, VariantNames.DirectYarp, (path, peer) => path.CountedCpuMicros / peer.CountedCpuMicros));
        yield return new BudgetLine(
            $"edge CPU per small call ({tunnel})", "HAProxy reverse-HTTP edge", 0.6, "×",
            calls.MedianOf(tunnel, VariantNames.Haproxy, (path, peer) => path.CpuMicrosOf(Roles.Edge) / peer.CpuMicrosOf(Roles.Edge)));
        yield return new BudgetLine(
            $"tunnel overhead per call ({tunnel})", "OpenSSH -R in front of the same YARP", 0.7, "×", OverheadRatio(calls, tunnel));
    }

    public static BudgetLine Latency(ShapeReport oneAtATime, string tunnel) => new(
        $"added latency, one call at a time, p50 ({tunnel})", "Kestrel TLS + YARP alone", 150, "µs",
        oneAtATime.MedianOf(tunnel, VariantNames.DirectYarp, (path, peer) => path.P50Micros - peer.P50Micros));

    public static IEnumerable<BudgetLine> Bulk(ShapeReport bulk, string tunnel)
    {
        var what = string.Create(CultureInfo.InvariantCulture, $"{char.ToLowerInvariant(bulk.Shape.Title[0])}{bulk.Shape.Title[1..]} ({tunnel})");
        yield return Line("one TCP connection to the upstream", VariantNames.DirectTcp);
        yield return Line("one TLS connection to the upstream", VariantNames.DirectTls);
        yield return Line("Kestrel TLS + YARP alone", VariantNames.DirectYarp);
        yield return Line("OpenSSH -R before Kestrel TLS + YARP", VariantNames.OpenSsh);

        BudgetLine Line(string peer, string variant) =>
            new(what, peer, 0.7, "×", bulk.MedianOf(tunnel, variant, (path, other) => path.Rate / other.Rate), AtLeast: true);
    }

    public static BudgetLine Events(ShapeReport events, string tunnel) => new(
        $"SSE event, end to end, p99 ({tunnel})", "direct", 2000, "µs",
        events.MedianOf(tunnel, VariantNames.DirectTls, (path, peer) => path.P99Micros - peer.P99Micros));

    /// <summary>What each tunnel adds to the same call without a tunnel, the one divided by the other.</summary>
    private static double? OverheadRatio(ShapeReport calls, string tunnel)
    {
        var ours = calls.MedianOf(tunnel, VariantNames.DirectYarp, (path, direct) => path.CountedCpuMicros - direct.CountedCpuMicros);
        var theirs = calls.MedianOf(VariantNames.OpenSsh, VariantNames.DirectYarp, (path, direct) => path.CountedCpuMicros - direct.CountedCpuMicros);
        return ours / theirs;
    }
}
