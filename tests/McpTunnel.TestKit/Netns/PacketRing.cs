using System.Runtime.InteropServices;

namespace McpTunnel.TestKit.Netns;

/// <summary>
/// Packets on their way, in order, each with the time at which it is due, in memory that is taken once. For one thread.
/// </summary>
internal sealed unsafe class PacketRing : IDisposable
{
    // In front of each packet: when it is due, its length, and eight bytes' alignment.
    private const int EntryHeader = 16;
    private const int LongestEntry = EntryHeader + ((TunDevice.LongestRead + 7) & ~7);

    private readonly byte* _memory;
    private readonly int _capacity;
    private int _head;
    private int _tail;

    // Where entries end when the tail has begun anew at the front, before the head.
    private int _end;
    private bool _wrapped;

    public PacketRing(int capacity)
    {
        _capacity = capacity;
        _memory = (byte*)NativeMemory.Alloc((nuint)capacity);
    }

    public bool IsEmpty => _head == _tail && !_wrapped;

    /// <summary>When the first packet is due. Not for an empty ring.</summary>
    public long FirstDue => *(long*)(_memory + _head);

    /// <summary>Its length.</summary>
    public int FirstLength => *(int*)(_memory + _head + sizeof(long));

    /// <summary>Its bytes.</summary>
    public byte* First => _memory + _head + EntryHeader;

    /// <summary>Room for the longest packet behind the last one; null when the ring is full.</summary>
    public byte* Reserve()
    {
        if (_wrapped)
        {
            return _head - _tail > LongestEntry ? _memory + _tail + EntryHeader : null;
        }

        if (_capacity - _tail >= LongestEntry)
        {
            return _memory + _tail + EntryHeader;
        }

        if (_head <= LongestEntry)
        {
            return null;
        }

        _end = _tail;
        _tail = 0;
        _wrapped = true;
        return _memory + EntryHeader;
    }

    /// <summary>Takes what was written into the reserved room.</summary>
    public void Commit(int length, long due)
    {
        *(long*)(_memory + _tail) = due;
        *(int*)(_memory + _tail + sizeof(long)) = length;
        _tail += EntryHeader + ((length + 7) & ~7);
    }

    public void RemoveFirst()
    {
        _head += EntryHeader + ((FirstLength + 7) & ~7);
        if (_wrapped && _head == _end)
        {
            _head = 0;
            _wrapped = false;
        }

        // From the front again, where the memory is still in the caches.
        if (IsEmpty)
        {
            _head = _tail = 0;
        }
    }

    public void Dispose() => NativeMemory.Free(_memory);
}
