using System.Buffers;

namespace McpTunnel.TestKit;

/// <summary>Sequences of several segments, as a pipe gives them.</summary>
public static class Segments
{
    /// <summary>One sequence over <paramref name="pieces"/>, a segment each.</summary>
    public static ReadOnlySequence<byte> Sequence(IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        Segment? first = null;
        Segment? last = null;
        foreach (var piece in pieces)
        {
            last = new Segment(piece, last);
            first ??= last;
        }

        return first is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(first, 0, last!, last!.Memory.Length);
    }

    /// <summary>The segments of <paramref name="sequence"/>.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Split(ReadOnlySequence<byte> sequence)
    {
        foreach (var piece in sequence)
        {
            yield return piece;
        }
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            RunningIndex = previous is null ? 0 : previous.RunningIndex + previous.Memory.Length;
            previous?.Next = this;
        }
    }
}
