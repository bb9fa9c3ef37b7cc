using McpTunnel.Protocol.Yamux;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Protocol.Yamux;

/// <summary>
/// Two sessions that do what they are allowed to in any order, over wires that deliver in any split and with any delay. Whatever crosses on the
/// way, neither may call the other a liar, lose or mix a byte, or remember a stream that is over.
/// </summary>
public sealed class YamuxModelTests
{
    private const int Steps = 150;
    private const int MaxPingsUnderWay = 16;

    [Test]
    public void Fuzz_two_sessions_agree_whatever_they_do_and_however_their_frames_cross() =>
        Fuzz.Run(seed: 5, random => new Model(random).Run(), TimeSpan.FromSeconds(1), minimumRuns: 20);

    private sealed class Model(Random random)
    {
        private readonly Side[] _sides = [new(YamuxRole.Client), new(YamuxRole.Server)];
        private int _pings;

        public void Run()
        {
            for (var step = 0; step < Steps; step++)
            {
                Step(random.Next(2));
            }

            foreach (var side in _sides)
            {
                foreach (var ends in side.Ends)
                {
                    side.Peer.Session.Finish(ends.Stream);
                }
            }

            Settle();
            Check();
        }

        private void Step(int at)
        {
            var side = _sides[at];
            var session = side.Peer.Session;
            var ends = side.Ends.Count == 0 ? null : side.Ends[random.Next(side.Ends.Count)];
            switch (random.Next(20))
            {
                case < 2 when side.Peer.Open() is { Stream: not null } opened:
                    side.Opened.Add(opened);
                    break;
                case < 7 when ends is { Ended: false }:
                    var bytes = new byte[random.Next(1, random.Next(10) == 0 ? YamuxLimits.InitialWindow * 3 / 2 : 2_000)];
                    random.NextBytes(bytes);
                    ends.Log.AddRange(bytes);
                    side.Peer.Send(ends, bytes);
                    break;
                case 7 when ends is { Ended: false }:
                    ends.Ended = true;
                    session.Finish(ends.Stream);
                    break;
                case 8 when ends is not null && random.Next(4) == 0:
                    ends.Ended = true;
                    ends.WasReset = true;
                    session.Reset(ends.Stream);
                    break;
                case 9 when ends is not null:
                    session.Announce(ends.Stream);
                    break;
                case 10 when ends is not null:
                    session.GrowReceiveWindow(ends.Stream, random.Next(1, 2 * YamuxLimits.InitialWindow));
                    break;
                case 11 when _pings < MaxPingsUnderWay:
                    _pings++;
                    session.Ping((uint)random.Next());
                    break;
                case 12 when random.Next(100) == 0:
                    session.GoAway(YamuxGoAwayCode.Normal);
                    break;
                case < 15 when ends is not null:
                    Consume(side, ends, random.Next(1, YamuxLimits.InitialWindow));
                    break;
                default:
                    Deliver(at, random.Next(1, 50_000));
                    break;
            }
        }

        private static void Consume(Side side, YamuxPeer.Buffers ends, int most)
        {
            var count = Math.Min(most, ends.Received.Count - ends.Consumed);
            ends.Consumed += count;
            side.Peer.Session.Consumed(ends.Stream, count);
        }

        /// <summary>Moves at most <paramref name="count"/> bytes from one side's wire to the other side.</summary>
        private bool Deliver(int from, int count)
        {
            var wire = _sides[from].Wire;
            var buffer = new byte[random.Next(YamuxHeader.Size + 1, 64 * 1024)];
            var written = _sides[from].Peer.Session.Transmit(buffer);
            wire.AddRange(buffer.AsSpan(0, written));
            count = Math.Min(count, wire.Count);
            var violation = _sides[1 - from].Peer.Session.Receive(wire.GetRange(0, count).ToArray());
            wire.RemoveRange(0, count);
            Assert.That(violation, Is.EqualTo(YamuxViolation.None));
            return written + count > 0;
        }

        /// <summary>Everybody reads everything until nothing moves.</summary>
        private void Settle()
        {
            bool moved;
            do
            {
                moved = Deliver(0, int.MaxValue) | Deliver(1, int.MaxValue);
                foreach (var side in _sides)
                {
                    // An acceptor has to end its half of streams that arrive only now.
                    foreach (var ends in side.Ends.Where(e => !e.Stream.Removed).ToArray())
                    {
                        Consume(side, ends, int.MaxValue);
                        side.Peer.Session.Finish(ends.Stream);
                    }

                    moved |= side.Peer.Session.HasOutput;
                }
            }
            while (moved);
        }

        private void Check()
        {
            Assert.That(_sides.Select(side => side.Peer.Session.StreamCount), Is.All.Zero);
            Assert.That(_sides.Sum(side => side.Peer.Pongs.Count), Is.EqualTo(_pings));
            foreach (var (side, other) in new[] { (_sides[0], _sides[1]), (_sides[1], _sides[0]) })
            {
                Assert.That(side.Ends.Select(ends => ends.Removals), Is.All.EqualTo(1), "each stream is let go of once");
                foreach (var opened in side.Opened)
                {
                    var accepted = other.Peer.Accepted.SingleOrDefault(ends => ends.Stream.Id == opened.Stream.Id);
                    CheckBytes(opened, accepted);
                    CheckBytes(accepted, opened);
                }
            }
        }

        /// <summary>What arrived is the beginning of what was sent; all of it, unless somebody reset the stream.</summary>
        private static void CheckBytes(YamuxPeer.Buffers? sender, YamuxPeer.Buffers? receiver)
        {
            if (sender is null || receiver is null)
            {
                return;
            }

            var whole = !sender.WasReset && !receiver.WasReset && sender.Resets + receiver.Resets == 0;
            Assert.That(receiver.Received.Count, whole ? Is.EqualTo(sender.Log.Count) : Is.LessThanOrEqualTo(sender.Log.Count));
            Assert.That(receiver.Received.ToArray().AsSpan().SequenceEqual(sender.Log.ToArray().AsSpan(0, receiver.Received.Count)), Is.True);
        }
    }

    private sealed class Side(YamuxRole role)
    {
        public YamuxPeer Peer { get; } = new(role);

        public List<byte> Wire { get; } = [];

        public List<YamuxPeer.Buffers> Opened { get; } = [];

        public IReadOnlyList<YamuxPeer.Buffers> Ends => [.. Opened, .. Peer.Accepted];
    }
}
