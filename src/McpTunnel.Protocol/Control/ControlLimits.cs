namespace McpTunnel.Protocol.Control;

/// <summary>Bounds of what a control message may hold. A message beyond them is malformed, and its link ends.</summary>
public static class ControlLimits
{
    /// <summary>Bytes of a line, its line feed not counted: room for <see cref="MaxServers"/> servers and little else.</summary>
    public const int MaxLineLength = 64 * 1024;

    /// <summary>Levels of nested JSON; the messages use three.</summary>
    public const int MaxDepth = 8;

    /// <summary>Characters of an identifier: tunnel, instance, link, node, carrier, code.</summary>
    public const int MaxIdentifierLength = 128;

    /// <summary>Characters of the token; the longest issued has 61.</summary>
    public const int MaxTokenLength = 256;

    /// <summary>Characters of a text for people; longer ones are cut when written.</summary>
    public const int MaxTextLength = 1024;

    /// <summary>Servers of one client.</summary>
    public const int MaxServers = 500;

    /// <summary>Other edge nodes in a welcome; a client uses a handful.</summary>
    public const int MaxOtherNodes = 64;

    /// <summary>Characters of a host name with a port.</summary>
    public const int MaxAuthorityLength = ClientHello.HostName.MaxLength + 6;

    /// <summary>The highest link index: an instance keeps 4 links by default.</summary>
    public const int MaxLinkIndex = 63;

    /// <summary>The highest whole number that every JSON implementation keeps exactly (RFC 8259 section 6): 2^53 − 1.</summary>
    public const long MaxNumber = (1L << 53) - 1;

    /// <summary>The longest time that can be asked for.</summary>
    public static readonly TimeSpan MaxTime = TimeSpan.FromDays(1);
}
