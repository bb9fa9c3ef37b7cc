using McpTunnel.Protocol.Yamux;
using NUnit.Framework;
using static McpTunnel.Protocol.Yamux.YamuxFlags;
using static McpTunnel.Protocol.Yamux.YamuxFrameType;

namespace McpTunnel.UnitTests.Protocol.Yamux;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class YamuxSessionTests
{
    private readonly YamuxPeer _client = new(YamuxRole.Client);
    private readonly YamuxPeer _server = new(YamuxRole.Server);

    [Test]
    public void Header_is_written_as_the_specification_draws_it()
    {
        var bytes = new byte[YamuxHeader.Size];
        new YamuxHeader(WindowUpdate, Syn | Ack, 0x01020304, 0x0A0B0C0D).Write(bytes);

        Assert.That(bytes, Is.EqualTo(new byte[] { 0, 1, 0, 3, 1, 2, 3, 4, 10, 11, 12, 13 }));
        Assert.That(YamuxHeader.Read(bytes, out var read), Is.EqualTo(YamuxViolation.None));
        Assert.That(read, Is.EqualTo(new YamuxHeader(WindowUpdate, Syn | Ack, 0x01020304, 0x0A0B0C0D)));
    }

    [Test]
    public void Open_uses_odd_ids_at_the_client_and_even_ones_at_the_server()
    {
        Assert.That(new[] { _client.Open().Stream.Id, _client.Open().Stream.Id }, Is.EqualTo(new[] { 1u, 3u }));
        Assert.That(new[] { _server.Open().Stream.Id, _server.Open().Stream.Id }, Is.EqualTo(new[] { 2u, 4u }));
    }

    [Test]
    public void First_data_carries_syn_and_needs_no_other_frame()
    {
        _client.Send(_client.Open(), [1, 2, 3]);

        Assert.That(_client.TransmitAll(), Is.EqualTo(new byte[] { 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3 }));
    }

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(100_000)]
    public void Receive_gives_the_same_for_every_split(int split)
    {
        var opened = _client.Open();
        var bytes = Enumerable.Range(0, 50_000).Select(i => (byte)i).ToArray();
        _client.Send(opened, bytes);
        _client.Session.Finish(opened.Stream);

        Deliver(_client, _server, split);

        Assert.That(_server.Accepted[0].Received, Is.EqualTo(bytes));
        Assert.That(_server.Accepted[0].Finished, Is.EqualTo(1));
    }

    [Test]
    public void Transmit_stops_at_the_credit_and_goes_on_when_it_comes_back()
    {
        var opened = _client.Open();
        _client.Send(opened, new byte[YamuxLimits.InitialWindow + 1]);
        Deliver(_client, _server);
        Assert.That(_server.Accepted[0].Received, Has.Count.EqualTo(YamuxLimits.InitialWindow));

        _server.Session.Consumed(_server.Accepted[0].Stream, YamuxLimits.InitialWindow / 2);
        Deliver(_server, _client);
        Deliver(_client, _server);

        Assert.That(_server.Accepted[0].Received, Has.Count.EqualTo(YamuxLimits.InitialWindow + 1));
    }

    [Test]
    public void Handler_is_told_once_when_credit_is_used_up_and_once_when_it_comes_back()
    {
        var opened = _client.Open();
        _client.Send(opened, new byte[YamuxLimits.InitialWindow]);
        Deliver(_client, _server);
        Assert.That(opened.Starved, Is.Empty, "all of it went out");

        _client.Send(opened, new byte[1]);
        _client.Send(opened, new byte[1]);
        Deliver(_client, _server);
        Assert.That(opened.Starved, Is.EqualTo(new[] { true }));

        _server.Session.Consumed(_server.Accepted[0].Stream, YamuxLimits.InitialWindow / 2);
        Deliver(_server, _client);
        Deliver(_client, _server);
        Assert.That(opened.Starved, Is.EqualTo(new[] { true, false }));
    }

    [Test]
    public void Handler_whose_stream_ends_without_credit_is_told_that_it_waits_no_more()
    {
        var opened = _client.Open();
        _client.Send(opened, new byte[YamuxLimits.InitialWindow + 1]);
        Deliver(_client, _server);

        _client.Session.Reset(opened.Stream);

        Assert.That(opened.Starved, Is.EqualTo(new[] { true, false }));
    }

    [Test]
    public void Consumed_below_half_the_window_sends_nothing()
    {
        var opened = _client.Open();
        _client.Send(opened, new byte[1000]);
        Deliver(_client, _server);
        _server.TransmitAll();

        Assert.That(_server.Session.Consumed(_server.Accepted[0].Stream, (YamuxLimits.InitialWindow / 2) - 1), Is.False);
        Assert.That(_server.Session.HasOutput, Is.False);
        Assert.That(_server.Session.Consumed(_server.Accepted[0].Stream, 1), Is.True);
    }

    [Test]
    public void GrowReceiveWindow_lets_the_peer_send_more_by_an_ordinary_update()
    {
        var opened = _client.Open();
        _client.Send(opened, new byte[1_000_000]);
        Deliver(_client, _server);

        _server.Session.GrowReceiveWindow(_server.Accepted[0].Stream, 1_000_000);
        Deliver(_server, _client);
        Deliver(_client, _server);

        Assert.That(_server.Accepted[0].Received, Has.Count.EqualTo(1_000_000));
    }

    [Test]
    public void Transmit_serves_streams_in_turn()
    {
        var first = _client.Open();
        var second = _client.Open();
        _client.Send(first, new byte[100_000]);
        _client.Send(second, new byte[10]);

        var order = FrameStreams(_client.TransmitAll());

        Assert.That(order.Take(3), Is.EqualTo(new[] { first.Stream.Id, second.Stream.Id, first.Stream.Id }));
    }

    [Test]
    public void Fin_never_rides_on_data()
    {
        var opened = _client.Open();
        _client.Send(opened, [9]);
        _client.Session.Finish(opened.Stream);

        var bytes = _client.TransmitAll();

        Assert.That(bytes[13..], Is.EqualTo(new byte[] { 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0 }));
    }

    [Test]
    public void Stream_finished_both_ways_is_forgotten_at_both_ends()
    {
        var opened = _client.Open();
        _client.Send(opened, [1]);
        _client.Session.Finish(opened.Stream);
        Deliver(_client, _server);
        _server.Session.Finish(_server.Accepted[0].Stream);
        Deliver(_server, _client);

        Assert.That((_client.Session.StreamCount, _server.Session.StreamCount), Is.EqualTo((0, 0)));
        Assert.That((opened.Removals, _server.Accepted[0].Removals), Is.EqualTo((1, 1)));
    }

    [Test]
    public void F20_stream_reset_before_its_first_byte_leaves_no_trace()
    {
        _client.Session.Reset(_client.Open().Stream);

        Assert.That(_client.Session.HasOutput, Is.False);
        Assert.That(_client.Session.StreamCount, Is.Zero);
    }

    [Test]
    public void Reset_drops_what_was_pending_and_ends_the_stream_at_the_peer()
    {
        var opened = _client.Open();
        _client.Send(opened, [1]);
        Deliver(_client, _server);
        _client.Send(opened, new byte[1000]);
        _client.Session.Reset(opened.Stream);
        Deliver(_client, _server);

        Assert.That(_server.Accepted[0].Received, Is.EqualTo(new byte[] { 1 }));
        Assert.That((_server.Accepted[0].Resets, _server.Session.StreamCount), Is.EqualTo((1, 0)));
    }

    [Test]
    public void Data_for_a_stream_that_was_reset_is_dropped_and_harms_nothing()
    {
        var opened = _client.Open();
        _client.Send(opened, [1]);
        Deliver(_client, _server);
        _server.Session.Reset(_server.Accepted[0].Stream);
        _client.Send(opened, new byte[5000]);

        Deliver(_client, _server);
        _client.Send(_client.Open(), [7]);
        Deliver(_client, _server);

        Assert.That(_server.Accepted[1].Received, Is.EqualTo(new byte[] { 7 }));
    }

    [Test]
    public void Ping_comes_back_with_its_value()
    {
        _client.Session.Ping(4711);
        Deliver(_client, _server);
        Deliver(_server, _client);

        Assert.That(_client.Pongs, Is.EqualTo(new[] { 4711u }));
    }

    [Test]
    public void GoAway_lets_streams_go_on_and_refuses_new_ones()
    {
        var before = _client.Open();
        _client.Send(before, [1]);
        Deliver(_client, _server);
        _server.Session.GoAway(YamuxGoAwayCode.Normal);
        Deliver(_server, _client);

        _client.Send(before, [2]);
        Deliver(_client, _server);

        Assert.That(_client.GoAwayCode, Is.Zero);
        Assert.That(_client.Session.Open(new YamuxPeer.Buffers()), Is.Null);
        Assert.That(_server.Accepted[0].Received, Is.EqualTo(new byte[] { 1, 2 }));
    }

    [Test]
    public void Streams_beyond_the_limit_are_reset_and_counted()
    {
        for (uint i = 0; i < 17; i++)
        {
            Assert.That(_server.Frame(Data, Syn, (2 * i) + 1, 0), Is.EqualTo(YamuxViolation.None));
        }

        Assert.That(_server.Accepted, Has.Count.EqualTo(16));
        Assert.That(_server.Session.RefusedStreams, Is.EqualTo(1));
        Assert.That(_server.TransmitAll(), Is.EqualTo(new byte[] { 0, 1, 0, 8, 0, 0, 0, 33, 0, 0, 0, 0 }));
    }

    private static void Deliver(YamuxPeer from, YamuxPeer to, int split = 1000)
    {
        foreach (var part in from.TransmitAll().Chunk(split))
        {
            Assert.That(to.Session.Receive(part), Is.EqualTo(YamuxViolation.None));
        }
    }

    private static List<uint> FrameStreams(ReadOnlySpan<byte> bytes)
    {
        var ids = new List<uint>();
        while (!bytes.IsEmpty)
        {
            YamuxHeader.Read(bytes, out var header);
            ids.Add(header.StreamId);
            bytes = bytes[(YamuxHeader.Size + (header.Type == Data ? (int)header.Length : 0))..];
        }

        return ids;
    }
}
