using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace McpTunnel.Edge.Handover;

/// <summary>
/// Messages with file descriptors attached over a Unix socket (unix(7), SCM_RIGHTS): the receiver gets descriptors of its own for the same
/// open sockets and files. The framework has no call for it. Linux only: other systems lay these structures out otherwise.
/// </summary>
internal static class Descriptors
{
    /// <summary>More than an edge has listening sockets; the kernel takes 253.</summary>
    public const int Most = 64;

    private const int SocketLevel = 1;
    private const int SocketType = 3;
    private const int Rights = 1;
    private const int DoNotWait = 0x40;
    private const int NoSignal = 0x4000;
    private const int CloseOnExec = 0x40000000;
    private const int Truncated = 0x20;
    private const int DescriptorsTruncated = 0x8;
    private const int WouldBlock = 11;
    private const int DuplicateCloseOnExec = 1030;

    /// <summary>cmsg_len, cmsg_level and cmsg_type, aligned as the kernel wants it.</summary>
    private static readonly int HeaderSize = Align(IntPtr.Size + (2 * sizeof(int)));

    /// <summary>Sends one message without waiting; false when the socket's buffer is full.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    public static bool TrySend(SafeHandle socket, byte[] bytes, IReadOnlyList<SafeHandle> descriptors)
    {
        var control = new byte[descriptors.Count == 0 ? 0 : HeaderSize + Align(descriptors.Count * sizeof(int))];
        var held = 0;
        try
        {
            for (; held < descriptors.Count; held++)
            {
                var added = false;
                descriptors[held].DangerousAddRef(ref added);
            }

            if (descriptors.Count > 0)
            {
                MemoryMarshal.Write(control, (nint)(HeaderSize + (descriptors.Count * sizeof(int))));
                MemoryMarshal.Write(control.AsSpan(IntPtr.Size), SocketLevel);
                MemoryMarshal.Write(control.AsSpan(IntPtr.Size + sizeof(int)), Rights);
                for (var i = 0; i < descriptors.Count; i++)
                {
                    MemoryMarshal.Write(control.AsSpan(HeaderSize + (i * sizeof(int))), (int)descriptors[i].DangerousGetHandle());
                }
            }

            var sent = Exchange(bytes, control, (ref MessageHeader message) => SendMessage(socket, ref message, NoSignal | DoNotWait), out _);
            if (sent >= 0)
            {
                return true;
            }

            return Marshal.GetLastPInvokeError() == WouldBlock ? false : throw Failure();
        }
        finally
        {
            for (var i = 0; i < held; i++)
            {
                descriptors[i].DangerousRelease();
            }
        }
    }

    /// <summary>Receives one message that is there; -1 when there is none, 0 at the end.</summary>
    /// <exception cref="IOException">The connection is gone, or the message is larger than <paramref name="buffer"/>.</exception>
    public static int TryReceive(SafeHandle socket, byte[] buffer, List<SafeFileHandle> descriptors)
    {
        var control = new byte[HeaderSize + Align(Most * sizeof(int))];
        var received = Exchange(buffer, control, (ref MessageHeader message) => ReceiveMessage(socket, ref message, DoNotWait | CloseOnExec), out var header);
        if (received < 0)
        {
            return Marshal.GetLastPInvokeError() == WouldBlock ? -1 : throw Failure();
        }

        if (header.ControlLength >= (nuint)HeaderSize)
        {
            var length = (int)MemoryMarshal.Read<nint>(control);
            for (var at = HeaderSize; at < length; at += sizeof(int))
            {
                descriptors.Add(new SafeFileHandle(MemoryMarshal.Read<int>(control.AsSpan(at)), ownsHandle: true));
            }
        }

        if ((header.Flags & (Truncated | DescriptorsTruncated)) != 0)
        {
            // Where this process has no room for descriptors, the message comes without: what it was about is lost, what follows is not.
            descriptors.ForEach(descriptor => descriptor.Dispose());
            descriptors.Clear();
        }

        if ((header.Flags & Truncated) != 0)
        {
            throw new IOException("The message is too long.");
        }

        return (int)received;
    }

    /// <summary>
    /// The socket that a received descriptor is. The descriptor is the socket's from now on, or closed.
    /// <para>
    /// A socket that was here before gets another number than it had then. The framework watched it with epoll under the old one, and that entry outlives the descriptor for as long as any process has the
    /// socket open (epoll(7)); to watch it again under the same number fails.
    /// </para>
    /// </summary>
    /// <param name="descriptor">From the other process.</param>
    /// <param name="formerly">The number that the socket had in this process before it was given away; null when it never was here.</param>
    /// <exception cref="SocketException">It is none, or there are no descriptors left.</exception>
    public static Socket ToSocket(SafeFileHandle descriptor, int? formerly = null)
    {
        // One owner at any moment: what is closed twice is, the second time, somebody else's.
        var handle = new SafeSocketHandle(Renumber(descriptor, formerly), ownsHandle: true);
        descriptor.SetHandleAsInvalid();
        try
        {
            // The framework takes any file.
            Span<byte> type = stackalloc byte[sizeof(int)];
            var socket = new Socket(handle);
            socket.GetRawSocketOption(SocketLevel, SocketType, type);
            return socket;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>The descriptor's number, or that of a copy when it must not be this one. What is not returned is closed.</summary>
    private static nint Renumber(SafeFileHandle descriptor, int? formerly)
    {
        var number = descriptor.DangerousGetHandle();
        if (number != formerly)
        {
            return number;
        }

        using (descriptor)
        {
            var copy = Control((int)number, DuplicateCloseOnExec, 0);
            return copy >= 0 ? copy : throw new SocketException((int)SocketError.TooManyOpenSockets);
        }
    }

    private static nint Exchange(byte[] payload, byte[] control, Call call, out MessageHeader header)
    {
        var payloadPin = GCHandle.Alloc(payload, GCHandleType.Pinned);
        var controlPin = GCHandle.Alloc(control, GCHandleType.Pinned);
        var vectorPin = GCHandle.Alloc(new Vector { Base = payloadPin.AddrOfPinnedObject(), Length = (nuint)payload.Length }, GCHandleType.Pinned);
        try
        {
            header = new MessageHeader
            {
                Vectors = vectorPin.AddrOfPinnedObject(),
                VectorCount = 1,
                Control = control.Length == 0 ? 0 : controlPin.AddrOfPinnedObject(),
                ControlLength = (nuint)control.Length,
            };
            return call(ref header);
        }
        finally
        {
            vectorPin.Free();
            controlPin.Free();
            payloadPin.Free();
        }
    }

    private static int Align(int length) => (length + IntPtr.Size - 1) & ~(IntPtr.Size - 1);

    private static IOException Failure() => new(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));

    [DllImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static extern nint SendMessage(SafeHandle socket, ref MessageHeader message, int flags);

    [DllImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static extern nint ReceiveMessage(SafeHandle socket, ref MessageHeader message, int flags);

    /// <summary>fcntl(2). Declared without its variable arguments: on the processors that this runs on, one integer is passed alike either way.</summary>
    [DllImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static extern int Control(int descriptor, int command, nint argument);

    private delegate nint Call(ref MessageHeader message);

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Vector
    {
        public nint Base;
        public nuint Length;
    }

    /// <summary>struct msghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        public nint Name;
        public uint NameLength;
        public nint Vectors;
        public nuint VectorCount;
        public nint Control;
        public nuint ControlLength;
        public int Flags;
    }
}
