using System.Buffers;
using McpTunnel.Edge.Ingress.Admission;

namespace McpTunnel.Edge.Ingress;

/// <summary>
/// The bytes of a ClientHello as they come. Nothing is rented before the first byte is there to be read; then one
/// small block, and what it grows by is taken from a quota that all connections share.
/// </summary>
internal sealed class HelloBuffer(AdmissionControl admission) : IDisposable
{
    private byte[] _bytes = [];
    private int _size;
    private long _fromQuota;

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Received => _bytes.AsMemory(0, Length);

    /// <summary>Room for the next read; empty when the limit of one connection is reached.</summary>
    public Memory<byte> Free => _bytes.AsMemory(Length, _size - Length);

    public void Advance(int count) => Length += count;

    /// <summary>Makes room after <see cref="Free"/> was used up, and at first; false when the shared quota is exhausted.</summary>
    public bool TryGrow()
    {
        if (_size == 0)
        {
            RentFirstBlock();
            return true;
        }

        if (Length < _size || _size == admission.Limits.HelloBytes)
        {
            return true;
        }

        var size = Math.Min(2 * _size, admission.Limits.HelloBytes);
        if (!admission.HelloMemory.TryTake(size - _size))
        {
            return false;
        }

        _fromQuota += size - _size;
        var larger = ArrayPool<byte>.Shared.Rent(size);
        Received.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
        _size = size;
        return true;
    }

    /// <summary>Takes in what somebody else received; false when there is no room for it.</summary>
    public bool TryCopy(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (!TryGrow() || Free.IsEmpty)
            {
                return false;
            }

            var count = Math.Min(bytes.Length, Free.Length);
            bytes[..count].CopyTo(Free.Span);
            Advance(count);
            bytes = bytes[count..];
        }

        return true;
    }

    /// <summary>The whole block, for somebody who needs what was received no more. Never empty.</summary>
    public Memory<byte> Scratch
    {
        get
        {
            if (_size == 0)
            {
                RentFirstBlock();
            }

            return _bytes;
        }
    }

    public void Dispose()
    {
        if (_bytes.Length == 0)
        {
            return;
        }

        ArrayPool<byte>.Shared.Return(_bytes);
        admission.HelloMemory.Return(_fromQuota);
        _bytes = [];
        _size = 0;
        Length = 0;
    }

    private void RentFirstBlock()
    {
        _bytes = ArrayPool<byte>.Shared.Rent(AdmissionLimits.FirstHelloBlock);
        _size = Math.Min(AdmissionLimits.FirstHelloBlock, admission.Limits.HelloBytes);
    }
}
