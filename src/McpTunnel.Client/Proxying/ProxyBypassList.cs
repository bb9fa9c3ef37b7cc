using System.Net;

namespace McpTunnel.Client.Proxying;

/// <summary>Hosts that no proxy is asked for. Names are compared as written, never resolved; networks hold for addresses that are written as such.</summary>
internal sealed class ProxyBypassList(IReadOnlyList<string> entries)
{
    public static bool IsEntry(string text) =>
        text.Contains('/') ? IPNetwork.TryParse(text, out _) : Uri.CheckHostName(DomainOf(text) ?? text) != UriHostNameType.Unknown;

    public bool Contains(Uri destination)
    {
        var host = destination.IdnHost;
        return entries.Any(entry => Matches(entry, host));
    }

    private static bool Matches(string entry, string host)
    {
        if (entry.Contains('/'))
        {
            return IPAddress.TryParse(host, out var address) && IPNetwork.TryParse(entry, out var network) && network.Contains(address);
        }

        return DomainOf(entry) is { } domain
            ? host.EndsWith("." + domain, StringComparison.OrdinalIgnoreCase)
            : string.Equals(host, entry.Trim('[', ']'), StringComparison.OrdinalIgnoreCase);
    }

    private static string? DomainOf(string entry) =>
        entry.StartsWith("*.", StringComparison.Ordinal) ? entry[2..] : entry.StartsWith('.') ? entry[1..] : null;
}
