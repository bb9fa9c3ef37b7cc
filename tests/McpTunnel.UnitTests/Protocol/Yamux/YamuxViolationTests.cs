using McpTunnel.Protocol.Yamux;
using McpTunnel.TestKit;
using NUnit.Framework;
using static McpTunnel.Protocol.Yamux.YamuxFlags;
using static McpTunnel.Protocol.Yamux.YamuxFrameType;

namespace McpTunnel.UnitTests.Protocol.Yamux;

/// <summary>Every way to break the protocol has its own name, and limits hold exactly at the limit.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class YamuxViolationTests
{
    private readonly YamuxPeer _server = new(YamuxRole.Server);

    [SetUp]
    public void OpenStream1() => _server.Frame(Data, Syn, 1, 0);

    [TestCase(1, 0, 0, YamuxViolation.UnknownVersion)]
    [TestCase(0, 4, 0, YamuxViolation.UnknownType)]
    [TestCase(0, 0, 16, YamuxViolation.BadFlags)]
    public void Header_that_is_not_yamux_is_named(byte version, byte type, byte flags, YamuxViolation expected) =>
        Assert.That(_server.Session.Receive([version, type, 0, flags, 0, 0, 0, 1, 0, 0, 0, 0]), Is.EqualTo(expected));

    [TestCase(Data, None, 0u, YamuxViolation.BadStreamId)]
    [TestCase(WindowUpdate, None, 0u, YamuxViolation.BadStreamId)]
    [TestCase(Ping, Syn, 1u, YamuxViolation.BadStreamId)]
    [TestCase(GoAway, None, 1u, YamuxViolation.BadStreamId)]
    [TestCase(Ping, None, 0u, YamuxViolation.BadFlags)]
    [TestCase(Ping, Fin, 0u, YamuxViolation.BadFlags)]
    [TestCase(Data, Syn, 2u, YamuxViolation.WrongParity)]
    [TestCase(Data, Syn, 1u, YamuxViolation.DuplicateStream)]
    [TestCase(Data, None, 2u, YamuxViolation.NeverOpened)]
    public void Frame_in_the_wrong_place_is_named(YamuxFrameType type, YamuxFlags flags, uint stream, YamuxViolation expected) =>
        Assert.That(_server.Frame(type, flags, stream, 0), Is.EqualTo(expected));

    [Test]
    public void Window_holds_exactly_its_bytes()
    {
        Assert.That(_server.Frame(Data, None, 1, YamuxLimits.InitialWindow, new byte[YamuxLimits.InitialWindow]), Is.EqualTo(YamuxViolation.None));
        Assert.That(_server.Frame(Data, None, 1, 1, 0), Is.EqualTo(YamuxViolation.WindowOverrun));
    }

    [Test]
    public void Window_overrun_is_judged_by_the_header_before_any_payload() =>
        Assert.That(_server.Frame(Data, None, 1, YamuxLimits.InitialWindow + 1), Is.EqualTo(YamuxViolation.WindowOverrun));

    [Test]
    public void Credit_beyond_32_bits_is_an_overflow()
    {
        const uint rest = uint.MaxValue - YamuxLimits.InitialWindow;
        Assert.That(_server.Frame(WindowUpdate, None, 1, rest), Is.EqualTo(YamuxViolation.None));
        Assert.That(_server.Frame(WindowUpdate, None, 1, 1), Is.EqualTo(YamuxViolation.WindowOverflow));
    }

    [Test]
    public void Data_after_fin_is_named_but_a_second_fin_is_nothing()
    {
        _server.Frame(Data, Fin, 1, 0);
        Assert.That(_server.Frame(Data, Fin, 1, 0), Is.EqualTo(YamuxViolation.None));
        Assert.That(_server.Frame(Data, None, 1, 1, 0), Is.EqualTo(YamuxViolation.DataAfterFin));
        Assert.That(_server.Accepted[0].Finished, Is.EqualTo(1));
    }

    [Test]
    public void Pings_without_reading_the_answers_end_at_the_limit()
    {
        for (var i = 0; i < YamuxLimits.MaxPendingPongs; i++)
        {
            Assert.That(_server.Frame(Ping, Syn, 0, 1), Is.EqualTo(YamuxViolation.None));
        }

        Assert.That(_server.Frame(Ping, Syn, 0, 1), Is.EqualTo(YamuxViolation.PingFlood));
    }

    [Test]
    public void Refused_streams_without_reading_the_resets_end_at_the_limit()
    {
        _server.RefuseStreams = true;
        var id = 3u;
        for (var i = 0; i < YamuxLimits.MaxPendingRefusals; i++, id += 2)
        {
            Assert.That(_server.Frame(Data, Syn, id, 0), Is.EqualTo(YamuxViolation.None));
        }

        Assert.That(_server.Frame(Data, Syn, id, 0), Is.EqualTo(YamuxViolation.StreamFlood));
    }

    [Test]
    public void Violation_is_final()
    {
        _server.Session.Receive([9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        Assert.That(_server.Frame(Ping, Syn, 0, 1), Is.EqualTo(YamuxViolation.UnknownVersion));
    }

    [Test]
    public void Receive_random_frames_never_throws_and_never_passes_more_than_the_window() =>
        Fuzz.Run(20260728, random =>
        {
            var peer = new YamuxPeer(YamuxRole.Server);
            for (var i = 0; i < 50; i++)
            {
                var payload = new byte[random.Next(0, 64)];
                var length = random.Next(4) == 0 ? (uint)random.Next() : (uint)payload.Length;
                if (peer.Frame((YamuxFrameType)random.Next(0, 5), (YamuxFlags)random.Next(0, 18), (uint)random.Next(0, 8), length, payload) != YamuxViolation.None)
                {
                    break;
                }

                if (random.Next(3) == 0)
                {
                    peer.TransmitAll(64);
                }
            }

            Assert.That(peer.Accepted.Select(stream => stream.Received.Count), Is.All.LessThanOrEqualTo(YamuxLimits.InitialWindow));
            Assert.That(peer.Session.StreamCount, Is.LessThanOrEqualTo(16));
        });
}
