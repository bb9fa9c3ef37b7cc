using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using McpTunnel.TestKit;
using Microsoft.Win32.SafeHandles;

namespace McpTunnel.IntegrationTests.WholePath;

/// <summary>
/// A file whose opening does not return until this is disposed, as on a file server that does not answer: a lease of Linux (fcntl(2)), for as long as the kernel lets it be, 45 s by default.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class HeldFile : IDisposable
{
    private const int SetSignal = 10;
    private const int SetLease = 1024;
    private const int GetLease = 1025;
    private const int ForWriting = 1;

    /// <summary>SIGURG, which is ignored where nobody asks for it: how the kernel says that somebody waits.</summary>
    private const int Signal = 23;

    private readonly SafeFileHandle _handle;

    private HeldFile(SafeFileHandle handle) => _handle = handle;

    /// <summary>Whether somebody waits for the file.</summary>
    public bool IsAwaited => Control(_handle, GetLease, 0) != ForWriting;

    public static async Task<HeldFile> HoldAsync(string path)
    {
        var held = new HeldFile(File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));
        if (Control(held._handle, SetSignal, Signal) != 0)
        {
            throw new Win32Exception();
        }

        await Eventually.ThatAsync(() => Control(held._handle, SetLease, ForWriting) == 0, "nobody else has it open");
        return held;
    }

    public void Dispose() => _handle.Dispose();

    [DllImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static extern int Control(SafeFileHandle file, int command, int argument);
}
