using McpTunnel.Protocol.Codes;
using McpTunnel.Transport;

namespace McpTunnel.Client.Linking;

/// <summary>Links of one slot that have a successor, or will, and finish what is in flight. Thread-safe.</summary>
internal sealed class LeavingLinks(LinkSupervisorOptions options, TimeProvider time)
{
    /// <summary>A link that is left stays for so many steps, streams or none.</summary>
    private const int LeastSteps = 4;

    private readonly Lock _lock = new();
    private readonly List<ILink> _links = [];

    public IReadOnlyList<ILink> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _links];
            }
        }
    }

    /// <summary>Whether one has this number towards the edge.</summary>
    public bool Has(int index)
    {
        lock (_lock)
        {
            return _links.Exists(link => link.Identity.LinkIndex == index && !link.Closed.IsCompleted);
        }
    }

    /// <summary>Takes no new streams on a link, and closes it when those in flight are over, or after <paramref name="limit"/>.</summary>
    public void Add(ILink link, string reason, TimeSpan limit)
    {
        lock (_lock)
        {
            _links.Add(link);
        }

        link.BeginDrain(TunnelCode.Shutdown, reason);
        _ = LeaveAsync(link, limit);
    }

    private async Task LeaveAsync(ILink link, TimeSpan limit)
    {
        // At least some steps: a stream that the edge opened before it heard is on its way, and slow machines are slow.
        var started = time.GetTimestamp();
        do
        {
            await Task.WhenAny(link.Closed, Task.Delay(options.LeaveStep, time));
        }
        while (!link.Closed.IsCompleted && (link.StreamCount > 0 || time.GetElapsedTime(started) < LeastSteps * options.LeaveStep) && time.GetElapsedTime(started) < limit);

        await link.CloseAsync(TunnelCode.Shutdown, "The client has moved to another link.");
        lock (_lock)
        {
            _links.Remove(link);
        }
    }
}
