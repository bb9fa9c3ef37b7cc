namespace McpTunnel.Client.Linking;

/// <summary>What one of the client's links is doing.</summary>
public enum LinkSlotState
{
    /// <summary>Not begun: an earlier link has to register first.</summary>
    Idle,
    Connecting,
    Up,

    /// <summary>Waiting before another attempt.</summary>
    Waiting,

    /// <summary>The edge refused for good; somebody has to act.</summary>
    Refused,
    Stopped,

    /// <summary>The link takes no new streams and finishes what is in flight: its edge node leaves and no other link is up yet in its place, or the client stops.</summary>
    Draining,
}
