namespace McpTunnel.Client.Linking.Care;

/// <summary>Moves one link at a time from a crowded node of the edge to one that has room, such as one that has come back.</summary>
internal sealed class SpreadCare(IReadOnlyList<LinkSlot> slots, LinkSupervisorOptions options, TimeProvider time) : ILinkCare
{
    private long _last = time.GetTimestamp();

    public async Task StepAsync(CancellationToken cancellationToken)
    {
        if (time.GetElapsedTime(_last) < options.SpreadEvery)
        {
            return;
        }

        _last = time.GetTimestamp();
        if (options.IsUneven() && Crowded() is { } crowded)
        {
            await crowded.MoveAsync(new LinkMove("another address of the edge has fewer links", []) { BestAddressOnly = true }, cancellationToken);
        }
    }

    /// <summary>The least busy link at the node that has most of them; null while none is up.</summary>
    private LinkSlot? Crowded()
    {
        var crowd = slots.GroupBy(slot => slot.Link?.Identity.Node).Where(node => node.Key is not null).MaxBy(node => node.Count());
        return crowd is null ? null : slots.LeastBusy(link => link.Identity.Node == crowd.Key);
    }
}
