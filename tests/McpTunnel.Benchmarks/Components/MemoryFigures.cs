using System.Globalization;
using System.Runtime.InteropServices;

namespace McpTunnel.Benchmarks.Components;

/// <summary>What a process holds after everything it no longer needs was collected.</summary>
/// <param name="ManagedBytes">The managed heap's live objects.</param>
/// <param name="ResidentBytes">All resident memory: managed, native, code.</param>
internal sealed partial record MemoryFigures(long ManagedBytes, long ResidentBytes)
{
    public static MemoryFigures ReadHere()
    {
        // Twice, so that what finalizers let go is gone too; aggressive gives free pages back to the kernel.
        for (var i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        // The C library keeps what handshakes have freed; it is not held by anything either.
        _ = TrimMalloc(0);

        return new MemoryFigures(GC.GetTotalMemory(forceFullCollection: false), Environment.WorkingSet);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{ManagedBytes} {ResidentBytes}");

    public static MemoryFigures Parse(string text)
    {
        var parts = text.Split(' ');
        return new MemoryFigures(long.Parse(parts[0], CultureInfo.InvariantCulture), long.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimMalloc(nuint pad);
}
