using ModelContextProtocol.Protocol;

namespace McpTunnel.IntegrationTests.Npm;

/// <summary>The smallest picture and the shortest sound.</summary>
internal static class SuiteData
{
    /// <summary>One transparent pixel.</summary>
    public static byte[] Png { get; } =
        Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

    /// <summary>A header and no samples.</summary>
    public static byte[] Wav { get; } = Convert.FromBase64String("UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=");

    public static ImageContentBlock Image => ImageContentBlock.FromBytes(Png, "image/png");
}
