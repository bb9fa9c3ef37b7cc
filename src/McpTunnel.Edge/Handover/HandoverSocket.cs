using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace McpTunnel.Edge.Handover;

/// <summary>
/// The Unix socket in the state directory at which a running edge can be asked to hand over. Only a process of the same user gets an answer: the
/// kernel says who is at the other end, whatever the file's permissions are.
/// </summary>
internal static class HandoverSocket
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The user of this process, as the kernel tells it the peer.</summary>
    public static int User => (int)GetEffectiveUser();

    /// <summary>Listens at <paramref name="path"/>, in place of whatever was left there. Only the owner of the state lock may call this.</summary>
    /// <exception cref="SocketException">Not possible there.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The path is too long for a socket.</exception>
    public static Socket Listen(string path)
    {
        // Bound beside its place and moved there: nobody meets it half made, and the framework, which removes the file that it bound when the
        // socket is closed, does not remove that of a successor.
        var beside = path + ".new";
        File.Delete(beside);
        var socket = NewSocket();
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(beside));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(beside, OwnerOnly);
            }

            socket.Listen();
            File.Move(beside, path, overwrite: true);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <exception cref="SocketException">Nobody listens there.</exception>
    public static async Task<Socket> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = NewSocket();
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static Socket NewSocket() => new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);

    [DllImport("libc", EntryPoint = "geteuid")]
    private static extern uint GetEffectiveUser();
}
