using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace McpTunnel.TestKit.Netns;

/// <summary>The few system calls for network namespaces and TUN devices that the platform's library has no door to. Linux, numbers as on x86-64 and arm64.</summary>
internal static unsafe partial class KernelCalls
{
    public const int CloneNewNet = 0x40000000;
    public const short PollIn = 1;
    public const nuint TunSetInterface = 0x400454ca;
    public const nuint TunSetOffload = 0x400454d0;

    private const int SetTimerSlack = 29;
    private const int AheadOfOthers = -10;

    /// <summary>
    /// Lets the calling thread's timers fire when they are due (50 µs late is the default, so that more of them fire together), and lets it run then though others
    /// are busy, as the kernel's own queues do.
    /// </summary>
    public static void BePrecise()
    {
        _ = Control(SetTimerSlack, 1, 0, 0, 0);
        _ = SetPriority(0, 0, AheadOfOthers);
    }

    /// <summary>What the last call that failed says about it.</summary>
    public static InvalidOperationException Failure(string call) => new($"{call}: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int SetNamespace(SafeFileHandle descriptor, int type);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int DeviceControl(SafeFileHandle descriptor, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial SafeFileHandle NewEvent(uint count, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Read(nint descriptor, byte* to, nuint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint Write(nint descriptor, byte* from, nuint length);

    [LibraryImport("libc", EntryPoint = "ppoll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int Poll(PollEntry* entries, nuint count, TimeSpec* atMost, void* signals);

    [LibraryImport("libc", EntryPoint = "prctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Control(int option, nuint value, nuint second, nuint third, nuint fourth);

    [LibraryImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetPriority(int which, uint who, int priority);

    [StructLayout(LayoutKind.Sequential)]
    public struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
