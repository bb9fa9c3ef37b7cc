using McpTunnel.Client.Linking.Choice;
using McpTunnel.Transport;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.Linking.Care;

/// <summary>Looks for a better carrier when it is time, and brings links after the choice, one by one and the new link first.</summary>
internal sealed class CarrierCare(IReadOnlyList<LinkSlot> slots, CarrierChoice choice, LinkSupervisorOptions options, TimeProvider time, ILogger logger) : ILinkCare
{
    private DateTimeOffset _said = choice.Report.Since;
    private long? _failed;

    public async Task StepAsync(CancellationToken cancellationToken)
    {
        await ProbeAsync(cancellationToken);
        var report = choice.Report;
        if (report.Since != _said)
        {
            _said = report.Since;
            LinkingLog.CarrierChosen(logger, report.Current, report.Reason);
        }

        await FollowAsync(report, cancellationToken);
    }

    /// <summary>A probe is a real link: when it comes up, one slot has moved already.</summary>
    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        if (choice.TakeProbe() is { Count: > 0 } rungs && slots.LeastBusy(_ => true) is { } slot)
        {
            await slot.MoveAsync(new LinkMove($"trying {string.Join(", ", rungs.Select(rung => rung.WireName()))}", rungs), cancellationToken);
        }
    }

    private async Task FollowAsync(CarrierReport report, CancellationToken cancellationToken)
    {
        if ((_failed is not { } failed || time.GetElapsedTime(failed) >= options.MoveRetry)
            && slots.LeastBusy(link => choice.IsToBeLeft(link.Carrier)) is { } slot
            && !await slot.MoveAsync(new LinkMove($"{report.Current} is preferred: {report.Reason}", [choice.Current]), cancellationToken))
        {
            _failed = time.GetTimestamp();
        }
    }
}
