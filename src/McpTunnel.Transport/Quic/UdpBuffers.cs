using System.Globalization;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Transport.Quic;

/// <summary>
/// Linux limits the buffers of UDP sockets for all programs alike, and its default holds a few milliseconds of traffic: QUIC then loses packets in
/// the receiver's own kernel, which looks like a bad network.
/// </summary>
public static class UdpBuffers
{
    internal const string LimitFile = "/proc/sys/net/core/rmem_max";

    /// <summary>Below this, links over QUIC suffer: 2 MiB is 17 ms at 1 Gbit/s. Debian's default is 208 KiB.</summary>
    internal const int Enough = 2 * 1024 * 1024;

    /// <summary>What to set: 7.5 MB, 60 ms at 1 Gbit/s.</summary>
    internal const int Recommended = 7_500_000;

    private static int _checked;

    /// <summary>Warns, once in the life of a process, when the limit is too small. Nothing is checked where it cannot be read.</summary>
    public static void WarnOnceIfSmall(ILogger logger)
    {
        if (Interlocked.Exchange(ref _checked, 1) == 0)
        {
            WarnIfSmall(LimitFile, logger);
        }
    }

    internal static void WarnIfSmall(string file, ILogger logger)
    {
        if (ReadLimit(file) is { } limit and < Enough)
        {
            TransportLog.UdpBufferSmall(logger, limit, Recommended);
        }
    }

    private static long? ReadLimit(string file)
    {
        try
        {
            return OperatingSystem.IsLinux() && long.TryParse(File.ReadAllText(file), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var limit) ? limit : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Hidden in some containers.
            return null;
        }
    }
}
