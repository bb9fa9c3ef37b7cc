using System.Globalization;
using McpTunnel.Benchmarks.Components;
using McpTunnel.Benchmarks.Load;
using McpTunnel.Benchmarks.Reports;
using McpTunnel.Benchmarks.Variants;
using McpTunnel.Transport;

namespace McpTunnel.Benchmarks.Scenarios;

/// <summary>What things that do nothing cost: links, agent connections, event streams. In memory, after a full collection.</summary>
internal static class IdleScenario
{
    private const double LinkBudgetKiB = 40;
    private const double StreamBudgetKiB = 48;
    private const double KiB = 1024;

    /// <summary>Links between one client process and one edge.</summary>
    public static async Task<int> LinksAsync(int count, Carrier carrier, HarnessOptions options, CancellationToken cancellationToken)
    {
        await using var harness = await Harness.StartAsync(options, [new TunnelCoreVariant(VariantNames.TunnelCore, options.Settings)], cancellationToken);
        var components = harness.Variants[0].Components.Where(component => component.Counted).ToList();
        var client = components.Single(component => component.Role == Roles.Client);

        // The first hundred carry what is made once.
        await client.AskAsync($"{Questions.Links} {carrier.WireName()} 100", cancellationToken);
        var before = await ReadAsync(components, cancellationToken);
        await client.AskAsync(string.Create(CultureInfo.InvariantCulture, $"{Questions.Links} {carrier.WireName()} {count}"), cancellationToken);
        Print($"idle link, {carrier.WireName()}", count, components, before, await ReadAsync(components, cancellationToken), LinkBudgetKiB);
        return 0;
    }

    /// <summary>Agent connections through each path: silent ones, or silent event streams.</summary>
    public static async Task<int> StreamsAsync(LoadMode mode, int count, HarnessOptions options, CancellationToken cancellationToken)
    {
        IVariant[] variants = [new DirectYarpVariant(), new TunnelVariant(VariantNames.Tunnel, withTokens: false, options.Settings)];
        await using var harness = await Harness.StartAsync(options with { WarmUpSeconds = 1 }, variants, cancellationToken);
        var what = mode == LoadMode.IdleStreams ? "idle event stream" : "idle agent connection";
        foreach (var variant in harness.Variants)
        {
            var components = variant.Components.Where(component => component is { Counted: true, Answers: true }).ToList();
            await harness.HoldAsync(new LoadShape(what, mode, count / 10), variant, () => Task.CompletedTask, cancellationToken);
            var before = await ReadAsync(components, cancellationToken);
            MemoryFigures[] after = [];
            await harness.HoldAsync(new LoadShape(what, mode, count), variant, async () => after = await ReadAsync(components, cancellationToken), cancellationToken);
            Print($"{what}, {variant.Name}", count, components, before, after, mode == LoadMode.IdleStreams ? StreamBudgetKiB : null);
        }

        return 0;
    }

    private static async Task<MemoryFigures[]> ReadAsync(List<Component> components, CancellationToken cancellationToken)
    {
        var figures = new List<MemoryFigures>();
        foreach (var component in components)
        {
            figures.Add(await component.ReadMemoryAsync(cancellationToken));
        }

        return [.. figures];
    }

    private static void Print(
        string what, int count, List<Component> components, MemoryFigures[] before, MemoryFigures[] after, double? budget)
    {
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"## {what}: KiB each, {count} of them"));
        Console.WriteLine();
        var table = new MarkdownTable("process", "managed", "resident");
        double managed = 0;
        double resident = 0;
        for (var i = 0; i < components.Count; i++)
        {
            var ofManaged = (after[i].ManagedBytes - before[i].ManagedBytes) / KiB / count;
            var ofResident = (after[i].ResidentBytes - before[i].ResidentBytes) / KiB / count;
            (managed, resident) = (managed + ofManaged, resident + ofResident);
            table.Add(components[i].Role, Text(ofManaged), Text(ofResident));
        }

        table.Add("**sum**", Text(managed), Text(resident));
        if (budget is { } limit)
        {
            table.Add("budget", "", "≤ " + Text(limit));
        }

        table.WriteTo(Console.Out);
    }

    private static string Text(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);
}
