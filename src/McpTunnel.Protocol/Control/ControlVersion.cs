using McpTunnel.Protocol.Control.Messages;

namespace McpTunnel.Protocol.Control;

/// <summary>
/// Versions of the control protocol. The client offers a range, the edge picks the highest that both speak. A version rises only when a
/// message changes its meaning; new fields and new message types do not need one, since both are ignored by who does not know them.
/// </summary>
public static class ControlVersion
{
    /// <summary>The lowest version spoken here.</summary>
    public const int Lowest = 1;

    /// <summary>The highest version spoken here.</summary>
    public const int Highest = 1;

    /// <summary>Picks the version of a link; false when the two sides share none (<c>version_unsupported</c>).</summary>
    public static bool TryNegotiate(HelloMessage hello, out int version) => TryNegotiate(hello, Lowest, Highest, out version);

    internal static bool TryNegotiate(HelloMessage hello, int lowest, int highest, out int version)
    {
        version = Math.Min(hello.Version, highest);
        return version >= Math.Max(hello.MinVersion, lowest);
    }
}
