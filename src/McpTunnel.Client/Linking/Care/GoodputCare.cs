using System.Runtime.CompilerServices;
using McpTunnel.Client.Linking.Choice;
using McpTunnel.Transport;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.Linking.Care;

/// <summary>
/// Watches over what links on QUIC carry. Networks that pass UDP and starve it are common, and so are kernels with small buffers; TCP on the same path does well then. Between carriers on TCP
/// a move would change nothing, so those are not watched.
/// </summary>
internal sealed class GoodputCare(IReadOnlyList<LinkSlot> slots, CarrierChoice choice, LinkSupervisorOptions options, TimeProvider time, ILogger logger) : ILinkCare
{
    private readonly ConditionalWeakTable<ILink, GoodputWatch> _watches = [];
    private readonly long _began = time.GetTimestamp();
    private long? _failed;

    public async Task StepAsync(CancellationToken cancellationToken)
    {
        var below = choice.RungsBelow(Carrier.Quic);
        if (below.Count == 0 || (_failed is { } failed && time.GetElapsedTime(failed) < options.MoveRetry))
        {
            return;
        }

        var now = time.GetElapsedTime(_began);
        foreach (var slot in slots)
        {
            if (slot.Link is { Carrier: Carrier.Quic } link)
            {
                var watch = _watches.GetOrCreateValue(link);
                switch (watch.Take(now, link.Vitals))
                {
                    case GoodputVerdict.Looking:
                        link.MeasureRoundTrip();
                        break;
                    case GoodputVerdict.Collapsed:
                        await LeaveAsync(slot, watch.Finding, below, cancellationToken);
                        return;
                }
            }
        }
    }

    /// <summary>The carrier is left only for one that works: the first link on that one is up before anything is decided.</summary>
    private async Task LeaveAsync(LinkSlot slot, string finding, IReadOnlyList<Carrier> below, CancellationToken cancellationToken)
    {
        if (await slot.MoveAsync(new LinkMove($"it carries next to nothing: {finding}", below), cancellationToken) && choice.Collapsed(Carrier.Quic, finding))
        {
            ClientLinkMetrics.Collapsed(Carrier.Quic);
            LinkingLog.Collapsed(logger, Carrier.Quic.WireName(), finding);
        }
        else
        {
            _failed = time.GetTimestamp();
        }
    }
}
