namespace McpTunnel.Benchmarks.Profiling;

/// <summary>The samples of one process, counted three ways.</summary>
internal sealed class ProfileSummary
{
    private static readonly string[] OwnerPrefixes = ["[McpTunnel", "[Yarp", "[Microsoft.AspNetCore", "[System.Net.", "[System.IO.Pipelines"];

    public int Samples { get; private set; }

    /// <summary>By kind of cost.</summary>
    public Dictionary<string, int> Groups { get; } = [];

    /// <summary>By the function that was running.</summary>
    public Dictionary<string, int> Leaves { get; } = [];

    /// <summary>By the nearest function of the product or its frameworks on whose behalf it ran.</summary>
    public Dictionary<string, int> Owners { get; } = [];

    public void Add(IReadOnlyList<Frame> stack)
    {
        Samples++;
        Count(Groups, CostGroups.Of(stack));
        Count(Leaves, $"{stack[0].Symbol} ({stack[0].Module})");
        var owner = stack.FirstOrDefault(frame => OwnerPrefixes.Any(prefix => frame.Symbol.StartsWith(prefix, StringComparison.Ordinal)));
        Count(Owners, owner.Symbol ?? "none");
    }

    private static void Count(Dictionary<string, int> counts, string key) => counts[key] = counts.GetValueOrDefault(key) + 1;
}
