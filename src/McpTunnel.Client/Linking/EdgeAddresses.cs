using System.Net;
using System.Net.Sockets;
using McpTunnel.Client.Egress;
using McpTunnel.Transport;

namespace McpTunnel.Client.Linking;

/// <summary>
/// Where the edge is: the addresses of the configuration, else those that DNS says at the moment. Each link begins with another one and goes on to the next at
/// each attempt, so links spread over an edge's nodes and none is stuck with an address that does not answer. Thread-safe.
/// </summary>
/// <param name="host">The name that links are dialled to.</param>
/// <param name="port">Its TCP and UDP port.</param>
/// <param name="configured">Used in place of DNS; empty to ask it.</param>
/// <param name="resolver">DNS.</param>
internal sealed class EdgeAddresses(string host, int port, IReadOnlyList<EndPoint> configured, IHostResolver resolver)
{
    /// <summary>The address for one attempt of one link.</summary>
    /// <exception cref="LinkConnectException">The name does not resolve.</exception>
    public async Task<EndPoint> ForAsync(LinkAttempt attempt, CancellationToken cancellationToken)
    {
        var addresses = configured.Count > 0 ? configured : await ResolveAsync(cancellationToken);
        return addresses[(int)((attempt.Index + attempt.Generation - 1) % addresses.Count)];
    }

    private async Task<IReadOnlyList<EndPoint>> ResolveAsync(CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var literal))
        {
            return [new IPEndPoint(literal, port)];
        }

        try
        {
            var addresses = await resolver.ResolveAsync(host, cancellationToken);
            if (addresses.Length > 0)
            {
                return [.. addresses.Select(address => new IPEndPoint(address, port))];
            }
        }
        catch (SocketException exception)
        {
            throw Unresolved(exception);
        }

        throw Unresolved(null);
    }

    private LinkConnectException Unresolved(SocketException? exception) =>
        new($"{host}:{port}: the name does not resolve{(exception is null ? "" : $" ({exception.SocketErrorCode})")}. Check the edge's address and this machine's DNS, or set 'edgeEndPoints'.", exception);
}
