using McpTunnel.Edge.Handover;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Handover;

public sealed class WaitingRoomTests
{
    [Test]
    public void Tunnel_at_its_limit_gets_no_place_while_others_do_until_one_leaves()
    {
        var room = new WaitingRoom(places: 32);

        Assert.That((room.TryEnter("a"), room.TryEnter("a"), room.TryEnter("a"), room.TryEnter("b")), Is.EqualTo((true, true, false, true)));
        room.Leave("a");
        Assert.That((room.TryEnter("a"), room.TryEnter("a")), Is.EqualTo((true, false)));
    }

    [Test]
    public void Room_that_is_full_gives_no_place_to_anybody_until_one_leaves()
    {
        var room = new WaitingRoom(places: 2);

        Assert.That((room.TryEnter("a"), room.TryEnter("b"), room.TryEnter("c")), Is.EqualTo((true, true, false)));
        room.Leave("a");
        Assert.That((room.TryEnter("c"), room.TryEnter("a")), Is.EqualTo((true, false)));
    }

    [TestCase(1, 1)]
    [TestCase(8, 2)]
    public void Room_has_places_for_a_part_of_what_may_be_pending(int pending, int places)
    {
        var room = WaitingRoom.For(pending);

        Assert.That(Enumerable.Range(0, pending + 1).Count(i => room.TryEnter($"{i}")), Is.EqualTo(places));
    }
}
