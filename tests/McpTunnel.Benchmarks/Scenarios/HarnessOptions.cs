using McpTunnel.Benchmarks.Variants;

namespace McpTunnel.Benchmarks.Scenarios;

/// <summary>What one run of the harness was asked for.</summary>
/// <param name="Connections">Agent connections under load.</param>
/// <param name="Seconds">Length of one measured window.</param>
/// <param name="WarmUpSeconds">Load before each window, not counted; the first round of a variant gets more.</param>
/// <param name="Rounds">How often each variant is measured; medians are over rounds.</param>
/// <param name="Variants">Names to measure; empty for all.</param>
/// <param name="JsonFile">Where the whole report goes; null for nowhere.</param>
/// <param name="PeersDirectory">Where peers are unpacked.</param>
/// <param name="Settings">Settings of the runtime to compare.</param>
/// <param name="OtherBuild">Directory of another build of this program, whose tunnels are measured beside; null for none.</param>
/// <param name="Shape">Part of the title of the only kind of load that is wanted; null for all.</param>
/// <param name="Network">Where the two sides of each path are.</param>
internal sealed record HarnessOptions(
    int Connections,
    double Seconds,
    double WarmUpSeconds,
    int Rounds,
    IReadOnlyCollection<string> Variants,
    string? JsonFile,
    string PeersDirectory,
    RuntimeSettings Settings,
    string? OtherBuild,
    string? Shape,
    BenchNetwork Network);
