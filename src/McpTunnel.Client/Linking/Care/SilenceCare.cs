using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.Linking.Care;

/// <summary>
/// Says early that nothing answers. A firewall that swallows packets makes a dial last for half a minute over all carriers and addresses, and only then there is an error to tell. Once for each
/// outage: what follows are the errors.
/// </summary>
internal sealed class SilenceCare(IReadOnlyList<LinkSlot> slots, ILogger logger) : ILinkCare
{
    /// <summary>Longer than any dial that works takes.</summary>
    internal const int SecondsOfSilence = 5;

    private bool _said;

    public Task StepAsync(CancellationToken cancellationToken)
    {
        var links = slots.Select(slot => slot.Status).ToList();
        if (links.Exists(link => link.State == LinkSlotState.Up))
        {
            _said = false;
        }
        else if (!_said && links.Find(link => link.State == LinkSlotState.Connecting && link.AgeSeconds >= SecondsOfSilence) is { } silent)
        {
            _said = true;
            LinkingLog.StillDialling(logger, silent.Index, silent.AgeSeconds!.Value, silent.Dialling!);
        }

        return Task.CompletedTask;
    }
}
