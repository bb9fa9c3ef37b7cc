using System.Buffers;

namespace McpTunnel.Transport.Kestrel;

/// <summary>
/// The memory of agent connections. Kestrel asks for a page at a time, reads into what it gets and makes a TLS record of each block that a response filled, so that blocks
/// of two full records (RFC 8446 section 5.1) save three of four records in a bulk transfer. Held only while there are bytes. Thread-safe.
/// </summary>
internal sealed class BulkBlocks : MemoryPool<byte>
{
    private const int Block = 32 * 1024;

    public static readonly BulkBlocks Instance = new();

    private BulkBlocks()
    {
    }

    public override int MaxBufferSize => Shared.MaxBufferSize;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => Shared.Rent(Math.Max(minBufferSize, Block));

    protected override void Dispose(bool disposing)
    {
        // Owns nothing.
    }
}
