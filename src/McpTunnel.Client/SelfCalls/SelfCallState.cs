namespace McpTunnel.Client.SelfCalls;

/// <summary>What the calls of a client to itself say.</summary>
public enum SelfCallState
{
    /// <summary>There are none: switched off, or there is no server to call.</summary>
    Off,

    /// <summary>None has come to an end yet.</summary>
    Pending,

    /// <summary>They come through.</summary>
    Good,

    /// <summary>They do not, or not all.</summary>
    Failed,
}
