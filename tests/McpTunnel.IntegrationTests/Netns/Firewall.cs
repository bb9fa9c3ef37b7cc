using System.Globalization;
using System.Net;

namespace McpTunnel.IntegrationTests.Netns;

/// <summary>
/// The packet filter in front of a private network, as a careful network team would have it: nothing comes in, and one TCP port of one host
/// may be dialled. What it drops it counts.
/// </summary>
internal sealed class Firewall(NetworkNamespace inside)
{
    /// <summary>Closes the network but for connections out to <paramref name="edge"/>.</summary>
    public async Task CloseAsync(IPEndPoint edge)
    {
        string[][] rules =
        [
            ["-A", "INPUT", "-i", "lo", "-j", "ACCEPT"],
            ["-A", "INPUT", "-p", "tcp", "-s", $"{edge.Address}", "--sport", $"{edge.Port}", "-m", "conntrack", "--ctstate", "ESTABLISHED", "-j", "ACCEPT"],
            ["-P", "INPUT", "DROP"],
            ["-A", "OUTPUT", "-o", "lo", "-j", "ACCEPT"],
            ["-A", "OUTPUT", "-p", "tcp", "-d", $"{edge.Address}", "--dport", $"{edge.Port}", "-j", "ACCEPT"],
            ["-P", "OUTPUT", "DROP"],
        ];
        foreach (var rule in rules)
        {
            await inside.RunAsync("iptables", ["-w", .. rule]);
        }
    }

    /// <summary>Packets that wanted to come in and were dropped.</summary>
    public Task<long> DroppedInboundAsync() => DroppedAsync("INPUT");

    /// <summary>Packets to anywhere but the edge's port, dropped.</summary>
    public Task<long> DroppedOutboundAsync() => DroppedAsync("OUTPUT");

    /// <summary>Packets to the edge's port.</summary>
    public async Task<long> SentToEdgeAsync()
    {
        var rule = (await ListAsync("OUTPUT")).Single(line => line.Contains("dpt:", StringComparison.Ordinal));
        return long.Parse(rule.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture);
    }

    private async Task<long> DroppedAsync(string chain)
    {
        // Chain OUTPUT (policy DROP 0 packets, 0 bytes)
        var words = (await ListAsync(chain))[0].Split(' ');
        return long.Parse(words[Array.IndexOf(words, "packets,") - 1], CultureInfo.InvariantCulture);
    }

    private async Task<string[]> ListAsync(string chain) => (await inside.RunAsync("iptables", "-w", "-n", "-v", "-x", "-L", chain)).Split('\n');
}
