using McpTunnel.Client.Linking.Choice;

namespace McpTunnel.Client.Linking;

/// <summary>Where health and status learn how the links are.</summary>
public interface ILinkStatusSource
{
    IReadOnlyList<LinkSlotStatus> Links { get; }

    /// <summary>What links run on, and why.</summary>
    CarrierReport Carrier { get; }
}
