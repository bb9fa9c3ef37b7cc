using System.Buffers;

namespace McpTunnel.IntegrationTests;

/// <summary>The process that tests run in, for those that measure it: its memory, sockets or threads.</summary>
internal static class TestProcess
{
    private const int SmallestBlock = 16 * 1024;
    private const int LargestBlock = 128 * 1024;

    /// <summary>What the runtime keeps in its shared pool of each size, for each processor.</summary>
    private const int KeptBlocks = 32;

    /// <summary>Returns once what runs beside all tests has all that it needs, so that it does not grow between two measurements.</summary>
    public static Task SettleAsync() => BackgroundRuns.QuietStreams.SilentAsync();

    /// <summary>Bytes of managed memory that are in use. Blocks that only wait in the shared pool are not: the pool keeps them for a minute or so.</summary>
    public static long LiveHeap()
    {
        for (var size = SmallestBlock; size <= LargestBlock; size *= 2)
        {
            for (var i = 0; i <= KeptBlocks * Environment.ProcessorCount; i++)
            {
                // Never returned.
                _ = ArrayPool<byte>.Shared.Rent(size);
            }
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
