using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace McpTunnel.TestKit.Netns;

/// <summary>
/// A network interface whose cable is a file descriptor: what the namespace sends is read from it, what is written to it the namespace receives. Each
/// packet has a virtio header of <see cref="HeaderLength"/> bytes in front, which says what is left to be done to it (checksum, segments).
/// </summary>
internal sealed unsafe class TunDevice : IDisposable
{
    /// <summary>The largest IP packet with its virtio header.</summary>
    public const int LongestRead = HeaderLength + 65_535;

    /// <summary>struct virtio_net_hdr without the count of merged buffers.</summary>
    public const int HeaderLength = 10;

    private const int ReadWriteNonblockingCloseOnExec = 0x2 | 0x800 | 0x80000;
    private const short Tun = 0x0001;
    private const short NoPacketInformation = 0x1000;
    private const short VirtioHeader = 0x4000;
    private const nint ChecksumAndTcp = 0x01 | 0x02 | 0x04;
    private const nint Udp = 0x20 | 0x40;

    private readonly SafeFileHandle _file;

    private TunDevice(SafeFileHandle file) => _file = file;

    public nint Descriptor => _file.DangerousGetHandle();

    /// <summary>Makes one in a namespace; gone when it is disposed.</summary>
    public static TunDevice Create(NetworkNamespace where, string name) => where.Enter(() =>
    {
        // The device belongs to the namespace of the thread that opens the file.
        var file = KernelCalls.Open("/dev/net/tun", ReadWriteNonblockingCloseOnExec);
        if (file.IsInvalid)
        {
            throw KernelCalls.Failure("open /dev/net/tun");
        }

        // struct ifreq: the name, then the flags.
        var request = stackalloc byte[40];
        new Span<byte>(request, 40).Clear();
        Encoding.ASCII.GetBytes(name, new Span<byte>(request, 15));
        *(short*)(request + 16) = Tun | NoPacketInformation | VirtioHeader;
        if (KernelCalls.DeviceControl(file, KernelCalls.TunSetInterface, request) != 0)
        {
            var failure = KernelCalls.Failure($"TUNSETIFF {name}");
            file.Dispose();
            throw failure;
        }

        return new TunDevice(file);
    });

    /// <summary>Whether the namespace may hand over many segments as one packet of up to 64 KiB, checksums undone, as to a network card.</summary>
    public void Offload(bool on)
    {
        // Segments of UDP are known to kernels from 6.2 on.
        if (KernelCalls.DeviceControl(_file, KernelCalls.TunSetOffload, (void*)(on ? ChecksumAndTcp | Udp : 0)) != 0
            && KernelCalls.DeviceControl(_file, KernelCalls.TunSetOffload, (void*)(on ? ChecksumAndTcp : 0)) != 0)
        {
            throw KernelCalls.Failure("TUNSETOFFLOAD");
        }
    }

    /// <summary>Reads one packet with its header; 0 when there is none, -1 when the device is gone.</summary>
    public int Read(byte* to)
    {
        const int again = 11;
        const int interrupted = 4;
        var length = KernelCalls.Read(Descriptor, to, LongestRead);
        return length > 0 ? (int)length : Marshal.GetLastPInvokeError() is again or interrupted ? 0 : -1;
    }

    /// <summary>Writes one packet with its header; false when the namespace did not take it.</summary>
    public bool Write(byte* from, int length) => KernelCalls.Write(Descriptor, from, (nuint)length) == length;

    public void Dispose() => _file.Dispose();
}
