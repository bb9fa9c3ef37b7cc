using System.Globalization;
using McpTunnel.Cli.AdminApi;
using McpTunnel.Cli.Shell;
using Spectre.Console;

namespace McpTunnel.Cli.EdgeCommands;

/// <summary>Live links for a person: a table for each client process, so that what its links have in common is said once.</summary>
internal static class LinksPrinter
{
    public static void Print(IAnsiConsole console, IReadOnlyList<LiveLink> links)
    {
        var processes = links
            .GroupBy(link => (link.Domain, link.Tunnel, link.Instance, link.Software, link.RemoteAddress))
            .OrderBy(process => process.Key.Domain, StringComparer.Ordinal)
            .ThenBy(process => process.Key.Instance, StringComparer.Ordinal);
        foreach (var process in processes)
        {
            var key = process.Key;
            console.WriteLine($"{key.Domain} ({key.Tunnel}): instance {key.Instance}, {key.Software}, from {key.RemoteAddress}");
            console.Write(TableOf(process));
        }

        var draining = links.Where(IsDraining).ToList();
        console.WriteLine(
            $"{Brief.Count(links.Count, "link")}, {draining.Count} draining; {Brief.Count(links.Sum(link => link.Streams), "stream")}, {draining.Sum(link => link.Streams)} on draining links");
    }

    /// <summary>Those that stay first, each beside the one that it replaces or that replaces it.</summary>
    private static Table TableOf(IEnumerable<LiveLink> links)
    {
        var table = Output.DenseTable("link", "id", "state", "carrier", "edge node", "up", "heard", "rtt", "streams", "in/out", "stalled");
        foreach (var link in links.OrderBy(IsDraining).ThenBy(link => link.Index).ThenByDescending(link => link.Generation))
        {
            table.AddRow(
                new Text(link.Index.ToString(CultureInfo.InvariantCulture)),
                new Text(link.Id),
                new Text(link.State),
                new Text(link.Carrier),
                new Text(link.Node),
                new Text(Brief.Age(link.AgeSeconds)),
                new Text(Brief.Age(link.SilentSeconds)),
                new Text(Brief.Milliseconds(link.RoundTripMilliseconds)),
                new Text(link.Streams.ToString(CultureInfo.InvariantCulture)),
                new Text($"{Brief.Bytes(link.BytesFromClient)}/{Brief.Bytes(link.BytesToClient)}"),
                new Text(Brief.Stalls(link.StalledSeconds, link.StalledStreams)));
        }

        return table;
    }

    private static bool IsDraining(LiveLink link) => link.State == "draining";
}
