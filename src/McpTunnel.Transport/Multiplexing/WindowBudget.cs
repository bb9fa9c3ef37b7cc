namespace McpTunnel.Transport.Multiplexing;

/// <summary>Bytes that windows beyond the first 256 KiB may promise. Thread-safe.</summary>
/// <param name="bytes">How many in all.</param>
internal sealed class WindowBudget(long bytes)
{
    private long _free = bytes;

    /// <summary>
    /// For all links of this process: an eighth of the memory that it may use. Whoever holds more than a usual window is a fast transfer over a long way; peers that stop reading
    /// must not be able to take the rest.
    /// </summary>
    public static WindowBudget Process { get; } = new(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8);

    public long Free => Interlocked.Read(ref _free);

    public bool TryTake(long count)
    {
        if (Interlocked.Add(ref _free, -count) >= 0)
        {
            return true;
        }

        Return(count);
        return false;
    }

    public void Return(long count) => Interlocked.Add(ref _free, count);
}
