using System.Buffers;
using McpTunnel.Edge.Ingress.Admission;

namespace McpTunnel.Edge.Ingress;

/// <summary>
/// The bytes of a ClientHello as they come. Begins with one small block; what it grows by is taken from a quota that all
/// connections share.
/// </summary>
internal sealed class HelloBuffer(AdmissionControl admission) : IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(AdmissionLimits.FirstHelloBlock);
    private int _size = Math.Min(AdmissionLimits.FirstHelloBlock, admission.Limits.HelloBytes);
    private long _fromQuota;

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Received => _bytes.AsMemory(0, Length);

    /// <summary>Room for the next read; empty when the limit of one connection is reached.</summary>
    public Memory<byte> Free => _bytes.AsMemory(Length, _size - Length);

    public void Advance(int count) => Length += count;

    /// <summary>Makes room after <see cref="Free"/> was used up; false when the shared quota is exhausted.</summary>
    public bool TryGrow()
    {
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

    /// <summary>The whole block, for somebody who needs what was received no more.</summary>
    public Memory<byte> Scratch => _bytes;

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
}
