using McpTunnel.Transport;

namespace McpTunnel.Client.Linking;

/// <summary>One dial of one link.</summary>
/// <param name="Slot">Which link of this client.</param>
/// <param name="Index">Its number towards the edge: another one while an earlier link of the slot is being left.</param>
/// <param name="Generation">Rises with each attempt of that index.</param>
/// <param name="Rungs">The carriers to try, best first; empty for what the choice says.</param>
/// <param name="BestAddressOnly">Whether a link at another address than the best one is of no use.</param>
public sealed record LinkAttempt(int Slot, int Index, long Generation, IReadOnlyList<Carrier> Rungs, bool BestAddressOnly = false)
{
    /// <summary>Told where the dial has got to: the address and the carrier, for a person.</summary>
    public Action<string>? Dialling { get; init; }
}
