using System.Net.Sockets;
using System.Runtime.Versioning;
using McpTunnel.Edge.Handover;
using Microsoft.Win32.SafeHandles;

namespace McpTunnel.IntegrationTests.Edge.Handover;

/// <summary>What this process has open, as the kernel counts it.</summary>
[SupportedOSPlatform("linux")]
internal static class Descriptor
{
    /// <summary>How many descriptors of this process are this socket.</summary>
    public static int Count(Socket socket)
    {
        var target = Target($"/proc/self/fd/{socket.Handle}");
        return Directory.GetFileSystemEntries("/proc/self/fd").Count(descriptor => Target(descriptor) == target);
    }

    /// <summary>A descriptor of its own for a socket, as another process would get it.</summary>
    public static async Task<SafeFileHandle> CopyAsync(Socket socket, HandoverChannel from, HandoverChannel to)
    {
        from.TrySend(new HandoverMessage(HandoverMessage.Connection), socket.SafeHandle);
        return (await to.ReceiveAsync(CancellationToken.None))!.Value.Descriptors.Single();
    }

    private static string? Target(string descriptor)
    {
        try
        {
            return File.ResolveLinkTarget(descriptor, returnFinalTarget: false)?.Name;
        }
        catch (IOException)
        {
            // Closed meanwhile.
            return null;
        }
    }
}
