namespace McpTunnel.Benchmarks.Profiling;

/// <summary>One frame of a sampled stack.</summary>
/// <param name="Symbol">The function; for compiled methods <c>[Assembly] Namespace.Type::Method</c> without signature.</param>
/// <param name="Module">File name of the image, <c>[kernel]</c>, or a perf map for compiled methods.</param>
internal readonly record struct Frame(string Symbol, string Module)
{
    public const string Kernel = "[kernel]";

    public bool IsKernel => Module == Kernel;
}
