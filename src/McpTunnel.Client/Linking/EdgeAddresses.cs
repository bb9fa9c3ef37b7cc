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
/// <param name="failureCounts">An address that did not answer while no link was up is the last choice for so long.</param>
/// <param name="time">The clock.</param>
/// <param name="random">A number in [0, 1): clients that lost the same node do not look for it at the same moments.</param>
internal sealed class EdgeAddresses(
    string host, int port, IReadOnlyList<EndPoint> configured, IHostResolver resolver, TimeSpan failureCounts, TimeProvider time, Func<double> random)
{
    /// <summary>
    /// While links are up elsewhere, an address that failed is looked at again after so long, twice as long each time: seconds for as long as a restart takes, since agents that hold on to that address
    /// get nothing until a link is there, and at last every half an hour, for one that is dead for good.
    /// </summary>
    private static readonly TimeSpan FirstHold = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestHoldAtFirst = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AtFirst = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LongestHold = TimeSpan.FromMinutes(30);

    /// <summary>One that took a link for less than that did not get well in between.</summary>
    private static readonly TimeSpan Stable = TimeSpan.FromMinutes(1);

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
            if (_failures.TryGetValue(address, out var failure) && failure.WorkedAt is null)
            {
                _failures[address] = failure with { WorkedAt = time.GetTimestamp() };
            }
        }
    }

    /// <summary>No link came up at this address.</summary>
    public void Failed(EndPoint address)
    {
        lock (_lock)
        {
            // Of slots that meet the same failure only the first counts.
            var now = time.GetTimestamp();
            var isKnown = _failures.TryGetValue(address, out var before) && !(before.WorkedAt is { } worked && time.GetElapsedTime(worked) >= Stable);
            if (isKnown && IsRecent(before))
            {
                _failures[address] = before with { At = now };
                return;
            }

            // While no link is up anywhere, the network may be at fault: then every address is tried again soon.
            var since = isKnown ? before.Since : now;
            var hold = !IsUpElsewhere(address) ? failureCounts
                : !isKnown ? FirstHold
                : Durations.Shorter(before.Hold * 2, time.GetElapsedTime(since) < AtFirst ? LongestHoldAtFirst : LongestHold);
            _failures[address] = new Failure(since, now, hold, hold * (0.75 + (0.5 * random())), null);
        }
    }

    /// <summary>Whether it did not answer a moment ago, or what answers there asked a link to leave.</summary>
    private bool IsBad(EndPoint address) =>
        (_failures.TryGetValue(address, out var failure) && IsRecent(failure))
        || _inUse.Values.Any(use => use.Address.Equals(address) && use.Link.DrainRequested.IsCompleted);

    private bool IsRecent(Failure failure) => failure.WorkedAt is null && time.GetElapsedTime(failure.At) < failure.Drawn;

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
    /// <param name="Since">When it first did not.</param>
    /// <param name="At">When it last did not.</param>
    /// <param name="Hold">For how long that counts, before chance.</param>
    /// <param name="Drawn">And with it.</param>
    /// <param name="WorkedAt">When a link came up there since; null while none has.</param>
    private readonly record struct Failure(long Since, long At, TimeSpan Hold, TimeSpan Drawn, long? WorkedAt);
}
