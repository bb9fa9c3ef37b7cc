using System.Globalization;
using System.Net;
using System.Net.Sockets;
using McpTunnel.TestKit.Netns;

namespace McpTunnel.IntegrationTests.Netns;

/// <summary>
/// The packet filter in front of a private network, as a careful network team would have it: nothing comes in, by IPv4 or IPv6, and one TCP port of one host
/// may be dialled. What it drops it counts.
/// </summary>
internal sealed class Firewall(NetworkNamespace inside)
{
    private const string Cable = "to-edge";

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

        // The edge is dialled by IPv4, so nothing has a reason to come or to go by IPv6.
        string[][] rules6 =
        [
            ["-A", "INPUT", "-i", "lo", "-j", "ACCEPT"],
            ["-P", "INPUT", "DROP"],
            ["-A", "OUTPUT", "-o", "lo", "-j", "ACCEPT"],
            ["-P", "OUTPUT", "DROP"],
        ];
        foreach (var rule in rules6)
        {
            await inside.RunAsync("ip6tables", ["-w", .. rule]);
        }
    }

    /// <summary>Lets connections out to one more address of the edge, from now on.</summary>
    public async Task AllowAsync(IPEndPoint edge)
    {
        await inside.RunAsync("iptables", "-w", "-A", "INPUT", "-p", "tcp", "-s", $"{edge.Address}", "--sport", $"{edge.Port}", "-j", "ACCEPT");
        await inside.RunAsync("iptables", "-w", "-A", "OUTPUT", "-p", "tcp", "-d", $"{edge.Address}", "--dport", $"{edge.Port}", "-j", "ACCEPT");
    }

    /// <summary>Lets UDP to and from the edge's port pass as well, from now on.</summary>
    public async Task AllowUdpAsync(IPEndPoint edge)
    {
        await inside.RunAsync("iptables", "-w", "-A", "INPUT", "-p", "udp", "-s", $"{edge.Address}", "--sport", $"{edge.Port}", "-j", "ACCEPT");
        await inside.RunAsync("iptables", "-w", "-A", "OUTPUT", "-p", "udp", "-d", $"{edge.Address}", "--dport", $"{edge.Port}", "-j", "ACCEPT");
    }

    /// <summary>Drops every UDP packet on the cable without a word, or stops doing so.</summary>
    public Task SwallowUdpAsync(bool all) => SwallowAsync(all, "-p", "udp");

    /// <summary>Drops larger UDP packets out without a word, from now on.</summary>
    public Task DropLargeUdpAsync(int largest) =>
        inside.RunAsync("iptables", "-w", "-I", "OUTPUT", "1", "-o", Cable, "-p", "udp", "-m", "length", "--length", $"{largest + 1}:", "-j", "DROP");

    /// <summary>Drops every packet on the cable without a word, or stops doing so.</summary>
    public Task SwallowAsync(bool everything) => SwallowAsync(everything, []);

    /// <summary>Drops every new TCP connection out, or stops doing so; those that are open go on.</summary>
    public Task SwallowNewConnectionsAsync(bool all) =>
        inside.RunAsync("iptables", ["-w", all ? "-I" : "-D", "OUTPUT", .. (string[])(all ? ["1"] : []), "-o", Cable, "-p", "tcp", "--syn", "-j", "DROP"]);

    /// <summary>Packets of a family that wanted to come in and were dropped.</summary>
    public Task<long> DroppedInboundAsync(AddressFamily family) => DroppedAsync("INPUT", family == AddressFamily.InterNetworkV6 ? "ip6tables" : "iptables");

    /// <summary>Packets to anywhere but the edge's port, dropped.</summary>
    public Task<long> DroppedOutboundAsync() => DroppedAsync("OUTPUT", "iptables");

    /// <summary>Packets to the edge's port.</summary>
    public async Task<long> SentToEdgeAsync()
    {
        var rule = (await ListAsync("OUTPUT", "iptables")).Single(line => line.Contains("dpt:", StringComparison.Ordinal));
        return long.Parse(rule.Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture);
    }

    private async Task SwallowAsync(bool swallow, params string[] which)
    {
        string[] where = swallow ? ["1"] : [];
        await inside.RunAsync("iptables", ["-w", swallow ? "-I" : "-D", "INPUT", .. where, "-i", Cable, .. which, "-j", "DROP"]);
        await inside.RunAsync("iptables", ["-w", swallow ? "-I" : "-D", "OUTPUT", .. where, "-o", Cable, .. which, "-j", "DROP"]);
    }

    private async Task<long> DroppedAsync(string chain, string program)
    {
        // Chain OUTPUT (policy DROP 0 packets, 0 bytes)
        var words = (await ListAsync(chain, program))[0].Split(' ');
        return long.Parse(words[Array.IndexOf(words, "packets,") - 1], CultureInfo.InvariantCulture);
    }

    private async Task<string[]> ListAsync(string chain, string program) => (await inside.RunAsync(program, "-w", "-n", "-v", "-x", "-L", chain)).Split('\n');
}
