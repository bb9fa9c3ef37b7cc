using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace McpTunnel.Configuration.Values;

/// <summary>A host and a port, written as <c>host:port</c>, <c>192.0.2.1:port</c> or <c>[2001:db8::1]:port</c>.</summary>
/// <param name="Host">A DNS name or an IP address, the latter without brackets.</param>
/// <param name="Port">0 to 65535; 0 means "any free port" where something listens.</param>
public sealed record HostEndPoint(string Host, int Port)
{
    private const int MaxHostLength = 253;

    /// <summary>Reads a host and a port; the port is not optional.</summary>
    public static bool TryParse(string text, out HostEndPoint? endPoint)
    {
        endPoint = null;
        var colon = text.LastIndexOf(':');
        if (colon <= 0 ||
            !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return false;
        }

        var host = text[..colon];
        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            if (!IPAddress.TryParse(host[1..^1], out var address) || address.AddressFamily != AddressFamily.InterNetworkV6)
            {
                return false;
            }

            endPoint = new HostEndPoint(host[1..^1], port);
            return true;
        }

        if (host.Length > MaxHostLength || Uri.CheckHostName(host) is not (UriHostNameType.Dns or UriHostNameType.IPv4))
        {
            return false;
        }

        endPoint = new HostEndPoint(host, port);
        return true;
    }

    /// <summary>As an address to listen on; false when the host is a DNS name.</summary>
    public bool TryGetIPEndPoint(out IPEndPoint? endPoint)
    {
        endPoint = IPAddress.TryParse(Host, out var address) ? new IPEndPoint(address, Port) : null;
        return endPoint is not null;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        Host.Contains(':') ? string.Create(CultureInfo.InvariantCulture, $"[{Host}]:{Port}") : string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");
}
