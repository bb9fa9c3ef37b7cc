using System.Net;
using System.Net.Sockets;
using McpTunnel.Client.Egress;
using McpTunnel.Transport;

namespace McpTunnel.Client.Linking;

/// <summary>
/// Where the edge is: the addresses of the configuration, else those that DNS says at the moment. A link takes the address that fewest of this client's links are at and
/// that did not fail a moment ago, so links spread over an edge's nodes, and none is stuck with an address that does not answer. Thread-safe.
/// </summary>
/// <param name="host">The name that links are dialled to.</param>
/// <param name="port">Its TCP and UDP port.</param>
/// <param name="configured">Used in place of DNS; empty to ask it.</param>
/// <param name="resolver">DNS.</param>
/// <param name="failureCounts">An address that did not answer is the last choice for so long.</param>
/// <param name="time">The clock.</param>
internal sealed class EdgeAddresses(string host, int port, IReadOnlyList<EndPoint> configured, IHostResolver resolver, TimeSpan failureCounts, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, EndPoint> _inUse = [];
    private readonly Dictionary<EndPoint, long> _failures = [];
    private IReadOnlyList<EndPoint> _known = [];

    /// <summary>
    /// Whether one more link could be at another address than most are: the addresses of the last dial, by the links that came up.
    /// </summary>
    public bool IsUneven
    {
        get
        {
            lock (_lock)
            {
                var uses = _known.Where(address => !HasFailed(address)).Select(address => UsesOf(address, slot: -1)).ToList();
                return uses.Count > 1 && uses.Max() > uses.Min() + 1;
            }
        }
    }

    /// <summary>The address for one attempt of one slot.</summary>
    /// <exception cref="LinkConnectException">The name does not resolve.</exception>
    public async Task<EndPoint> ForAsync(int slot, CancellationToken cancellationToken)
    {
        var addresses = configured.Count > 0 ? configured : await ResolveAsync(cancellationToken);
        lock (_lock)
        {
            _known = addresses;
            foreach (var gone in _failures.Keys.Except(addresses).ToList())
            {
                _failures.Remove(gone);
            }

            return addresses.Index()
                .OrderBy(address => HasFailed(address.Item))
                .ThenBy(address => UsesOf(address.Item, slot))
                .ThenBy(address => (address.Index - slot % addresses.Count + addresses.Count) % addresses.Count)
                .First().Item;
        }
    }

    /// <summary>The slot has a link at this address.</summary>
    public void Worked(int slot, EndPoint address)
    {
        lock (_lock)
        {
            _inUse[slot] = address;
            _failures.Remove(address);
        }
    }

    /// <summary>No link came up at this address.</summary>
    public void Failed(int slot, EndPoint address)
    {
        lock (_lock)
        {
            _failures[address] = time.GetTimestamp();
            if (_inUse.TryGetValue(slot, out var used) && used.Equals(address))
            {
                _inUse.Remove(slot);
            }
        }
    }

    private bool HasFailed(EndPoint address) => _failures.TryGetValue(address, out var at) && time.GetElapsedTime(at) < failureCounts;

    private int UsesOf(EndPoint address, int slot) => _inUse.Count(use => use.Key != slot && use.Value.Equals(address));

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
