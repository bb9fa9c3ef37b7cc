using System.Collections.Concurrent;
using McpTunnel.Edge.Telemetry;
using McpTunnel.Protocol.Codes;
using McpTunnel.Transport;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Edge.Directory;

/// <summary>
/// Which links this node holds for which tunnel. The ingress looks them up without a lock; registrations and revocations take one.
/// A link leaves the directory before it is told to close, and nothing here ever waits for a link: one that hangs in a write
/// cannot hold up its successor.
/// </summary>
internal sealed class LinkDirectory(DirectoryLimits limits, EdgeMetrics metrics, ILogger<LinkDirectory> logger)
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, LinkSet> _byTunnel = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TaskCompletionSource> _awaited = new(StringComparer.Ordinal);
    private RegistrationRefusal? _left;
    private int _count;
    private int _revocations;

    /// <summary>Links held now.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>
    /// Rises with each revocation. Somebody who checked credentials before and files the link after a change has to check again.
    /// </summary>
    public int Revocations => Volatile.Read(ref _revocations);

    public DirectoryLimits Limits => limits;

    /// <summary>The links of a tunnel; null when there are none.</summary>
    public LinkSet? Find(string tunnelId) => _byTunnel.GetValueOrDefault(tunnelId);

    /// <summary>Whether an agent's stream could be opened now.</summary>
    public bool HasActive(string tunnelId) => Find(tunnelId)?.Pick(except: null) is not null;

    /// <summary>Completes when the tunnel has a link, or at once.</summary>
    public Task WhenActiveAsync(string tunnelId)
    {
        lock (_gate)
        {
            if (HasActive(tunnelId))
            {
                return Task.CompletedTask;
            }

            if (!_awaited.TryGetValue(tunnelId, out var link))
            {
                link = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _awaited.Add(tunnelId, link);
            }

            return link.Task;
        }
    }

    /// <summary>Whether a link with this identity could be filed now; asked before the client is welcomed.</summary>
    public RegistrationRefusal? Check(string tunnelId, string instance, int index, long generation)
    {
        lock (_gate)
        {
            return CheckLocked(tunnelId, instance, index, generation, out _);
        }
    }

    /// <summary>
    /// Files a link; a predecessor (same tunnel, instance and index, lower generation) leaves at once and is closed.
    /// A refused link is not closed here.
    /// </summary>
    public RegistrationRefusal? Register(LinkEntry entry)
    {
        LinkEntry? predecessor;
        var identity = entry.Identity;
        lock (_gate)
        {
            var refusal = CheckLocked(identity.TunnelId, identity.Instance, identity.LinkIndex, identity.Generation, out predecessor);
            if (refusal is not null)
            {
                return refusal;
            }

            if (!_byTunnel.TryGetValue(identity.TunnelId, out var set))
            {
                set = new LinkSet(identity.TunnelId);
                _byTunnel[identity.TunnelId] = set;
            }

            set.Replace(predecessor, entry);
            _count += predecessor is null ? 1 : 0;
            if (_awaited.Remove(identity.TunnelId, out var awaited))
            {
                awaited.SetResult();
            }
        }

        _ = RemoveWhenClosedAsync(entry);
        if (predecessor is not null)
        {
            logger.LinkReplaced(identity.TunnelId, predecessor.Identity.LinkId, identity.LinkId, identity.Generation);
            Close(predecessor, TunnelCode.Replaced, $"Link {identity.LinkId} of the same client process took its place.");
        }

        return null;
    }

    /// <summary>Every link held now.</summary>
    public IReadOnlyList<LinkEntry> Snapshot()
    {
        lock (_gate)
        {
            return [.. _byTunnel.Values.SelectMany(set => set.Links)];
        }
    }

    /// <summary>Closes the links of a tunnel at once. Returns how many there were.</summary>
    public int CloseLinks(string tunnelId, TunnelCode code, string detail) =>
        CloseWhere(entry => string.Equals(entry.Identity.TunnelId, tunnelId, StringComparison.Ordinal), code, detail);

    /// <summary>Closes the links that a token registered. <paramref name="tokenHash"/> is its SHA-256 in hex.</summary>
    public int CloseLinksByToken(string tokenHash, TunnelCode code, string detail) =>
        CloseWhere(entry => string.Equals(entry.Credentials.TokenHash, tokenHash, StringComparison.OrdinalIgnoreCase), code, detail);

    /// <summary>Closes the links that a certificate registered. <paramref name="fingerprint"/> is its SHA-256 in hex.</summary>
    public int CloseLinksByCertificate(string fingerprint, TunnelCode code, string detail) =>
        CloseWhere(entry => string.Equals(entry.Credentials.CertificateFingerprint, fingerprint, StringComparison.OrdinalIgnoreCase), code, detail);

    /// <summary>Closes every link, when the edge stops. Returns how many there were.</summary>
    public int CloseAll(TunnelCode code, string detail) => CloseWhere(_ => true, code, detail);

    /// <summary>
    /// Tells every client to bring up a replacement elsewhere, and takes no link from then on: one that comes later would hear of nothing. Returns how many links there were.
    /// </summary>
    /// <param name="code">Why.</param>
    /// <param name="reason">Why, for people.</param>
    /// <param name="spread">The clients bring up their replacements at moments of this time, so that the other nodes are not met by all at once.</param>
    /// <param name="tryFor">How long streams in flight may go on.</param>
    public int DrainAll(TunnelCode code, string reason, TimeSpan spread, TimeSpan tryFor)
    {
        IReadOnlyList<LinkEntry> links;
        lock (_gate)
        {
            _left = new RegistrationRefusal(code, reason);
            links = Snapshot();
        }

        foreach (var entry in links)
        {
            entry.Link.BeginDrain(code, reason, new DrainNotice(spread * Random.Shared.NextDouble(), tryFor, reason));
        }

        return links.Count;
    }

    private RegistrationRefusal? CheckLocked(string tunnelId, string instance, int index, long generation, out LinkEntry? predecessor)
    {
        predecessor = null;
        if (_left is not null)
        {
            return _left;
        }

        IReadOnlyList<LinkEntry> links = _byTunnel.TryGetValue(tunnelId, out var set) ? set.Links : [];
        var ofInstance = 0;
        foreach (var entry in links)
        {
            ofInstance += string.Equals(entry.Identity.Instance, instance, StringComparison.Ordinal) ? 1 : 0;
            if (!entry.IsSameSlot(instance, index))
            {
                continue;
            }

            if (entry.Identity.Generation >= generation)
            {
                return new RegistrationRefusal(
                    TunnelCode.Replaced,
                    $"Generation {entry.Identity.Generation} of link {index} of this client process is registered already; this one is {generation}.");
            }

            predecessor = entry;
        }

        if (predecessor is not null)
        {
            return null;
        }

        if (ofInstance >= limits.LinksPerInstance)
        {
            return new RegistrationRefusal(TunnelCode.TooManyLinks, $"One client process may hold {limits.LinksPerInstance} links here.");
        }

        if (links.Count >= limits.LinksPerTunnel)
        {
            return new RegistrationRefusal(TunnelCode.TooManyLinks, $"One tunnel may hold {limits.LinksPerTunnel} links here.");
        }

        return _count >= limits.Links
            ? new RegistrationRefusal(TunnelCode.EdgeOverloaded, $"This edge node holds its limit of {limits.Links} links.")
            : null;
    }

    private int CloseWhere(Func<LinkEntry, bool> condition, TunnelCode code, string detail)
    {
        Interlocked.Increment(ref _revocations);
        var closing = Snapshot().Where(condition).ToList();
        foreach (var entry in closing)
        {
            Remove(entry);
            Close(entry, code, detail);
        }

        if (closing.Count > 0)
        {
            logger.LinksClosed(closing.Count, code.WireName(), detail);
        }

        return closing.Count;
    }

    private void Close(LinkEntry entry, TunnelCode code, string detail)
    {
        // Never awaited: a link that hangs in a write ends in its own time, and its closure is logged when it does.
        _ = CloseQuietlyAsync(entry, code, detail);
    }

    private async Task CloseQuietlyAsync(LinkEntry entry, TunnelCode code, string detail)
    {
        try
        {
            await entry.Link.CloseAsync(code, detail);
        }
        catch (Exception exception)
        {
            logger.LinkCloseFailed(exception, entry.Identity.LinkId);
        }
    }

    private async Task RemoveWhenClosedAsync(LinkEntry entry)
    {
        var closure = await entry.Link.Closed;
        Remove(entry);
        metrics.LinkClosed(closure.Code);
        if (closure is { ByPeer: false, Code: TunnelCode.ProtocolError or TunnelCode.FlowControlError or TunnelCode.MessageTooLong })
        {
            logger.LinkBroken(entry.Identity.TunnelId, entry.Identity.LinkId, closure.Code.WireName(), closure.Detail);
        }
        else
        {
            logger.LinkClosed(entry.Identity.TunnelId, entry.Identity.LinkId, closure.Code.WireName(), closure.Detail, closure.ByPeer);
        }
    }

    private void Remove(LinkEntry entry)
    {
        lock (_gate)
        {
            if (!_byTunnel.TryGetValue(entry.Identity.TunnelId, out var set) || !set.Links.Contains(entry))
            {
                return;
            }

            set.Replace(entry, replacement: null);
            _count--;
            if (set.Links.Count == 0)
            {
                _byTunnel.TryRemove(set.TunnelId, out _);
            }
        }
    }
}
