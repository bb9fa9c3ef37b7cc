using System.Buffers;
using McpTunnel.Protocol.Codes;
using McpTunnel.Protocol.Control;
using McpTunnel.Protocol.Control.Messages;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Protocol.Control;

public sealed class ControlLineReaderTests
{
    private static readonly byte[] AllLines = [.. ControlSamples.All.SelectMany(ControlWriter.ToLine)];

    [Test]
    public void TryRead_gives_the_same_messages_at_every_split_point()
    {
        var expected = ControlSamples.All.Select(m => m.Type).ToArray();

        for (var split = 0; split <= AllLines.Length; split++)
        {
            var types = Read([AllLines.AsMemory(..split), AllLines.AsMemory(split..)]).Select(r => r.Message!.Type);

            Assert.That(types, Is.EqualTo(expected), $"split at {split}");
        }
    }

    [Test]
    public void TryRead_gives_the_same_messages_byte_by_byte() =>
        Assert.That(
            Read(Enumerable.Range(0, AllLines.Length).Select(i => (ReadOnlyMemory<byte>)AllLines.AsMemory(i, 1))).Select(r => r.Message!.Type),
            Is.EqualTo(ControlSamples.All.Select(m => m.Type)));

    [Test]
    public void TryRead_of_a_line_at_the_limit_reads_it_and_one_beyond_fails()
    {
        Assert.That(Read([Line(ControlLimits.MaxLineLength)]).Single().Message, Is.EqualTo(new PingMessage(1)));
        Assert.That(Read([Line(ControlLimits.MaxLineLength + 1)]).Single().Problem, Is.EqualTo(TunnelCode.MessageTooLong));

        static byte[] Line(int length) => [.. "{\"type\":\"ping\",\"id\":1"u8, .. new string(' ', length - 22).Select(c => (byte)c), .. "}\n"u8];
    }

    [Test]
    public void TryRead_of_an_endless_line_fails_one_byte_beyond_the_limit()
    {
        var reader = new ControlLineReader();
        var atLimit = new ReadOnlySequence<byte>(new byte[ControlLimits.MaxLineLength]);
        var beyond = new ReadOnlySequence<byte>(new byte[ControlLimits.MaxLineLength + 1]);

        Assert.That(reader.TryRead(ref atLimit, out _), Is.False);
        Assert.That(reader.TryRead(ref beyond, out var read), Is.True);
        Assert.That(read.Problem, Is.EqualTo(TunnelCode.MessageTooLong));
    }

    [Test]
    public void TryRead_after_a_problem_takes_everything_and_reads_nothing()
    {
        var reader = new ControlLineReader();
        var buffer = new ReadOnlySequence<byte>("oops\n{\"type\":\"ping\",\"id\":1}\n"u8.ToArray());

        Assert.That(reader.TryRead(ref buffer, out var read), Is.True);
        Assert.That(read.Problem, Is.EqualTo(TunnelCode.ProtocolError));
        Assert.That(reader.TryRead(ref buffer, out _), Is.False);
        Assert.That(buffer.IsEmpty, Is.True);
    }

    [Test]
    public void Fuzz_mutated_streams_give_the_same_answer_however_they_are_cut() =>
        Fuzz.Run(seed: 2, random =>
        {
            var bytes = Fuzz.Mutate(random, AllLines);

            var whole = Read([bytes]);
            var pieces = Read(Fuzz.Chunks(random, bytes));

            Assert.That(pieces.Select(Describe), Is.EqualTo(whole.Select(Describe)));
        });

    private static string Describe(ControlRead read) => $"{read.Message?.Type} {read.Problem} {read.Detail}";

    /// <summary>Feeds the pieces as a pipe would: what was not taken comes again, in segments, with the next piece behind it.</summary>
    private static List<ControlRead> Read(IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        var reader = new ControlLineReader();
        var reads = new List<ControlRead>();
        var rest = new List<ReadOnlyMemory<byte>>();
        foreach (var piece in pieces)
        {
            rest.Add(piece);
            var buffer = Segments.Sequence(rest);
            while (reader.TryRead(ref buffer, out var read))
            {
                reads.Add(read);
            }

            rest = [.. Segments.Split(buffer)];
        }

        return reads;
    }
}
