using McpTunnel.Transport;

namespace McpTunnel.Client.Linking.Care;

/// <summary>Finds slots by their links.</summary>
internal static class LinkSlots
{
    /// <summary>Of the slots whose link is up and meets the condition, the one with the fewest streams; null when there is none.</summary>
    public static LinkSlot? LeastBusy(this IEnumerable<LinkSlot> slots, Func<ILink, bool> which) =>
        slots.Where(slot => slot.Link is { } link && which(link)).MinBy(slot => slot.Link?.StreamCount ?? int.MaxValue);
}
