using System.Globalization;
using System.Net;
using System.Net.Sockets;
using McpTunnel.Client.Egress;
using McpTunnel.Protocol.Control.Messages;
using McpTunnel.Transport;

namespace McpTunnel.Client.Linking;

/// <summary>
/// Where the edge is: the addresses of the configuration; else those that DNS says at the moment, and those of the nodes that the edge named. A link takes the address
/// that fewest of this client's links are at, that did not fail a moment ago and whose node is not about to leave: so links spread over an edge's nodes, and none is stuck with an
/// address that does not answer. Thread-safe.
/// </summary>
/// <param name="host">The name that links are dialled to.</param>
/// <param name="port">Its TCP and UDP port.</param>
/// <param name="configured">Used in place of DNS and of what the edge says; empty to ask both.</param>
/// <param name="resolver">DNS.</param>
/// <param name="failureCounts">An address that did not answer is the last choice for so long; for twice as long each time while links are up elsewhere, up to <see cref="LongestFailure"/> times that.</param>
/// <param name="time">The clock.</param>
internal sealed class EdgeAddresses(string host, int port, IReadOnlyList<EndPoint> configured, IHostResolver resolver, TimeSpan failureCounts, TimeProvider time)
{
    /// <summary>60: an address that is dead for good is tried every half an hour in place of every half a minute.</summary>
    internal const int LongestFailure = 60;

    private readonly NamedNodes _nodes = new(resolver, time);
    private readonly Lock _lock = new();
    private readonly Dictionary<int, (EndPoint Address, ILink Link)> _inUse = [];
    private readonly Dictionary<EndPoint, Failure> _failures = [];
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
                var uses = _known.Where(address => !IsBad(address)).Select(address => UsesOf(address, slot: -1)).ToList();
                return uses.Count > 1 && uses.Max() > uses.Min() + 1;
            }
        }
    }

    /// <summary>Where a link is; null for one that was not dialled by address.</summary>
    public EndPoint? AddressOf(ILink link)
    {
        lock (_lock)
        {
            return _inUse.Values.Where(use => use.Link == link).Select(use => use.Address).FirstOrDefault();
        }
    }

    /// <summary>The addresses for one attempt of one slot, best first.</summary>
    /// <param name="slot">Which one.</param>
    /// <param name="patience">Time for DNS. A resolver of the system may take any time, and not care for being cancelled.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="LinkConnectException">The name does not resolve.</exception>
    public async Task<IReadOnlyList<EndPoint>> ForAsync(int slot, TimeSpan patience, CancellationToken cancellationToken)
    {
        var addresses = configured.Count > 0 ? configured : await FindAsync(patience, cancellationToken);
        lock (_lock)
        {
            _known = addresses;
            foreach (var gone in _failures.Keys.Except(addresses).ToList())
            {
                _failures.Remove(gone);
            }

            return [.. addresses.Index()
                .OrderBy(address => IsBad(address.Item))
                .ThenBy(address => UsesOf(address.Item, slot))
                .ThenBy(address => (address.Index - slot % addresses.Count + addresses.Count) % addresses.Count)
                .Select(address => address.Item)];
        }
    }

    /// <summary>The slot has a link at this address.</summary>
    public void Worked(int slot, EndPoint address, ILink link)
    {
        lock (_lock)
        {
            _inUse[slot] = (address, link);
            _failures.Remove(address);
        }
    }

    /// <summary>No link came up at this address.</summary>
    public void Failed(EndPoint address)
    {
        lock (_lock)
        {
            // While no link is up anywhere, the network may be at fault: then every address is tried again soon. Of slots that meet the same failure only the first counts.
            var counts = !_failures.TryGetValue(address, out var before) || !IsUpElsewhere(address) ? failureCounts
                : IsRecent(before) ? before.Counts
                : before.Counts * 2 < failureCounts * LongestFailure ? before.Counts * 2
                : failureCounts * LongestFailure;
            _failures[address] = new Failure(time.GetTimestamp(), counts);
        }
    }

    /// <summary>Whether it did not answer a moment ago, or what answers there asked a link to leave.</summary>
    private bool IsBad(EndPoint address) =>
        (_failures.TryGetValue(address, out var failure) && IsRecent(failure))
        || _inUse.Values.Any(use => use.Address.Equals(address) && use.Link.DrainRequested.IsCompleted);

    private bool IsRecent(Failure failure) => time.GetElapsedTime(failure.At) < failure.Counts;

    private bool IsUpElsewhere(EndPoint address) => _inUse.Values.Any(use => !use.Address.Equals(address) && !use.Link.Closed.IsCompleted);

    private int UsesOf(EndPoint address, int slot) =>
        _inUse.Count(use => use.Key != slot && use.Value.Address.Equals(address) && !use.Value.Link.Closed.IsCompleted);

    /// <summary>What DNS says, then what the edge said: a node that was named is where the edge is even while DNS has no answer.</summary>
    private async Task<IReadOnlyList<EndPoint>> FindAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        OtherNode[] named;
        List<EndPoint> known;
        lock (_lock)
        {
            named = [.. _inUse.Values.SelectMany(use => use.Link.OtherNodes)];
            known = [.. _inUse.Values.Select(use => use.Address)];
        }

        LinkConnectException? unresolved = null;
        IReadOnlyList<EndPoint> own = [];
        try
        {
            own = await ResolveAsync(patience, cancellationToken);
        }
        catch (LinkConnectException exception) when (named.Length > 0)
        {
            unresolved = exception;
        }

        EndPoint[] all = [.. own, .. await _nodes.ResolveAsync(named, [.. own, .. known], cancellationToken)];
        return all.Length == 0 ? throw unresolved! : [.. all.Distinct()];
    }

    private async Task<IReadOnlyList<EndPoint>> ResolveAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var literal))
        {
            return [new IPEndPoint(literal, port)];
        }

        using var limit = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var addresses = await resolver.ResolveAsync(host, either.Token).WaitAsync(either.Token);
            if (addresses.Length > 0)
            {
                return [.. addresses.Select(address => new IPEndPoint(address, port))];
            }
        }
        catch (SocketException exception)
        {
            throw Unresolved($"the name does not resolve ({exception.SocketErrorCode})", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unresolved(string.Create(CultureInfo.InvariantCulture, $"DNS said nothing about the name within {patience.TotalSeconds:0.#} s"), exception);
        }

        throw Unresolved("the name does not resolve", null);
    }

    private LinkConnectException Unresolved(string what, Exception? exception) =>
        new($"{host}:{port}: {what}. Check the edge's address and this machine's DNS, or set 'edgeEndPoints'.", exception) { Fault = LinkConnectFault.NameNotResolved };

    /// <summary>That an address did not answer.</summary>
    /// <param name="At">When.</param>
    /// <param name="Counts">For how long that counts.</param>
    private readonly record struct Failure(long At, TimeSpan Counts);
}
