namespace McpTunnel.Client.Linking.Care;

/// <summary>What a sample says about a link.</summary>
internal enum GoodputVerdict
{
    /// <summary>Nothing stands out.</summary>
    Calm,

    /// <summary>Something does: a round trip should be measured with the next sample.</summary>
    Looking,

    /// <summary>It is up and carries next to nothing.</summary>
    Collapsed,
}
