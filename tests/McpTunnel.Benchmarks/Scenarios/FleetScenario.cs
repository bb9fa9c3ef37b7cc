using System.Globalization;
using McpTunnel.Benchmarks.Components;
using McpTunnel.Benchmarks.Fleet;
using McpTunnel.Benchmarks.Reports;
using McpTunnel.Transport;
using McpTunnel.Transport.Quic;

namespace McpTunnel.Benchmarks.Scenarios;

/// <summary>
/// Many clients on one edge: what their idle links take, and how they come back when the edge is killed. All of them are behind one address, which is the worst case for the
/// edge's limits on strangers.
/// </summary>
internal static class FleetScenario
{
    private const double BudgetKiB = 40;
    private const double BudgetSeconds = 60;
    private const double KiB = 1024;

    /// <summary>Links that come up first and carry what is made once.</summary>
    private const int First = 100;

    /// <summary>Clients that start at once. They share this machine's processors: of all together each would give up before its turn came.</summary>
    private const int Wave = 200;

    /// <param name="size">How large.</param>
    /// <param name="down">How long the edge is away.</param>
    /// <param name="settle">Time before memory is read.</param>
    /// <param name="options">Settings of the runtime, for the edge.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public static async Task<int> RunAsync(FleetSize size, TimeSpan down, TimeSpan settle, HarnessOptions options, CancellationToken cancellationToken)
    {
        if (size.Carrier == Carrier.Quic && !QuicCarrier.IsSupported(out var reason))
        {
            throw new InvalidOperationException(reason);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{size.Clients} clients with {size.Links} link(s) each over {size.Carrier.WireName()}; file descriptors: {FileDescriptors.Limit()} for each process"));
        await using var fleet = await RunningFleet.StartAsync(size, options.Settings, cancellationToken);
        var first = Math.Min(First, size.Clients / 2);
        await fleet.GrowAsync(first, cancellationToken);
        await Task.Delay(settle, TimeProvider.System, cancellationToken);
        var before = await fleet.ReadMemoryAsync(cancellationToken);

        for (var wanted = first; wanted < size.Clients;)
        {
            wanted = Math.Min(wanted + Wave, size.Clients);
            var wave = await fleet.GrowAsync(wanted, cancellationToken);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{wanted} clients: up after {wave.All.TotalSeconds:0.0} s, with {wave.Dials} dials."));
        }

        await Task.Delay(settle, TimeProvider.System, cancellationToken);
        PrintMemory(fleet, before, await fleet.ReadMemoryAsync(cancellationToken), (size.Clients - first) * size.Links);
        await PrintIdleCpuAsync(fleet, size, settle, cancellationToken);

        await fleet.KillEdgeAsync(cancellationToken);
        await Task.Delay(down, TimeProvider.System, cancellationToken);
        var comeback = await fleet.RestartEdgeAsync(cancellationToken);
        Print(string.Create(CultureInfo.InvariantCulture, $"The edge is killed and starts again {down.TotalSeconds:0} s later"), comeback);
        PrintComeback(comeback, await fleet.ReadOutcomesAsync(cancellationToken));
        if (comeback.Seconds[^1].Up < size.AllLinks)
        {
            Console.WriteLine($"Not up at {TimeProvider.System.GetUtcNow():T}: {await fleet.ReadMissingAsync(cancellationToken)}");
            return 1;
        }

        return 0;
    }

    private static void Print(string heading, ArrivalCurve curve)
    {
        Console.WriteLine();
        Console.WriteLine($"## {heading}");
        Console.WriteLine();
        var table = new MarkdownTable("second", "arrived", "up", "dials", "edge CPU", "clients' CPU") { TextColumns = 0 };
        foreach (var second in curve.Seconds)
        {
            table.Add(Text(second.Second), Text(second.Arrived), Text(second.Up), Text(second.Dials), Percent(second.EdgeCpu), Percent(second.ClientCpu));
        }

        table.WriteTo(Console.Out);
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Half are up after {curve.Half.TotalSeconds:0.0} s, all after {curve.All.TotalSeconds:0.0} s, with {curve.Dials} dials."));
    }

    private static void PrintMemory(RunningFleet fleet, IReadOnlyList<MemoryFigures> before, IReadOnlyList<MemoryFigures> after, int links)
    {
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"## Idle links: KiB each, {links} of them"));
        Console.WriteLine();
        var table = new MarkdownTable("process", "managed", "resident");
        double managed = 0;
        double resident = 0;
        foreach (var (index, role) in fleet.Roles.Index())
        {
            var ofManaged = (after[index].ManagedBytes - before[index].ManagedBytes) / KiB / links;
            var ofResident = (after[index].ResidentBytes - before[index].ResidentBytes) / KiB / links;
            (managed, resident) = (managed + ofManaged, resident + ofResident);
            table.Add(role, Text(ofManaged), Text(ofResident));
        }

        table.Add("**sum**", Text(managed), Text(resident));
        table.Add("budget", "", "≤ " + Text(BudgetKiB));
        table.WriteTo(Console.Out);
    }

    private static async Task PrintIdleCpuAsync(RunningFleet fleet, FleetSize size, TimeSpan settle, CancellationToken cancellationToken)
    {
        var (edge, clients) = await fleet.MeasureCpuAsync(settle, cancellationToken);
        Console.WriteLine();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"CPU of {size.AllLinks} idle links, over {settle.TotalSeconds:0} s: edge {Percent(edge)} of a core, clients {Percent(clients)}."));
    }

    private static void PrintComeback(ArrivalCurve curve, string outcomes)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Refused for good: {curve.Refused}. Edge CPU at most {Percent(curve.Seconds.Max(second => second.EdgeCpu))} of a core."));
        Console.WriteLine($"At the edge: {outcomes}");
        var met = curve.All.TotalSeconds <= BudgetSeconds && curve.Refused == 0;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Budget, all back within {BudgetSeconds:0} s and none refused for good: {(met ? "met" : "missed")}."));
    }

    private static string Text(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Percent(double value) => value.ToString("0 %", CultureInfo.InvariantCulture);
}
