namespace McpTunnel.Configuration;

/// <summary>Bounds on what is read, so that a hostile or damaged file costs little memory and time.</summary>
public static class ConfigurationLimits
{
    /// <summary>Bytes in one file. A hundred servers with all their options take about 100 KiB.</summary>
    public const int MaxFileBytes = 1024 * 1024;

    /// <summary>Mappings and lists inside each other. The options nest four deep.</summary>
    public const int MaxDepth = 16;

    /// <summary>Nodes in one file after its aliases are followed: the bound on "billion laughs" documents.</summary>
    public const int MaxNodes = 50_000;

    /// <summary>Anchors in one file.</summary>
    public const int MaxAnchors = 100;

    /// <summary>Characters in one value. The longest sensible ones are URLs and paths.</summary>
    public const int MaxValueLength = 4096;

    /// <summary>Files in one drop-in directory.</summary>
    public const int MaxDropInFiles = 1000;

    /// <summary>Errors reported for one load; the count of the rest is told in a last line.</summary>
    public const int MaxErrors = 100;
}
