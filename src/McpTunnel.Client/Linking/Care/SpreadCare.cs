namespace McpTunnel.Client.Linking.Care;

/// <summary>
/// Moves one link at a time from a crowded node of the edge to one that has room. The first soon after a node is back, since agents that hold on to its address get nothing until
/// a link is there; the next ones a second apart. When an address that failed is worth another look, <see cref="EdgeAddresses"/> says.
/// </summary>
internal sealed class SpreadCare(IReadOnlyList<LinkSlot> slots, LinkSupervisorOptions options, TimeProvider time) : ILinkCare
{
    private long _last = time.GetTimestamp();
    private TimeSpan _wait = options.Spacing;

    public async Task StepAsync(CancellationToken cancellationToken)
    {
        if (time.GetElapsedTime(_last) < _wait || !options.IsUneven() || Crowded() is not { } crowded)
        {
            return;
        }

        var moved = await crowded.MoveAsync(new LinkMove("another address of the edge has fewer links", []) { BestAddressOnly = true }, cancellationToken);
        _last = time.GetTimestamp();
        _wait = moved ? options.Spacing : options.SpreadRetry;
    }

    /// <summary>The least busy link at the node that has most of them; null while none is up.</summary>
    private LinkSlot? Crowded()
    {
        var crowd = slots.GroupBy(slot => slot.Link?.Identity.Node).Where(node => node.Key is not null).MaxBy(node => node.Count());
        return crowd is null ? null : slots.LeastBusy(link => link.Identity.Node == crowd.Key);
    }
}
