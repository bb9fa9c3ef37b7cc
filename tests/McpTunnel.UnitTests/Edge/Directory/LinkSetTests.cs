using McpTunnel.Edge.Directory;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Directory;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LinkSetTests
{
    private readonly LinkSet _set = new("tnl_aaaaaaaaaaaaaaaa");

    [Test]
    public void F25_pick_takes_the_fewest_streams()
    {
        Add(5);
        var best = Add(2);
        Add(9);

        Assert.That(_set.Pick(except: null), Is.SameAs(best));
    }

    [TestCase(LinkState.Draining)]
    [TestCase(LinkState.Closed)]
    public void Pick_passes_over_links_that_leave(LinkState state)
    {
        Add(0, state);
        var live = Add(100);

        Assert.That(_set.Pick(except: null), Is.SameAs(live));
    }

    [Test]
    public void Pick_passes_over_links_that_refused()
    {
        var refused = Add(0);
        var other = Add(1);

        Assert.That(_set.Pick([refused]), Is.SameAs(other));
        Assert.That(_set.Pick([refused, other]), Is.Null);
    }

    [Test]
    public void F25_pick_again_and_again_spreads_streams_over_all_links()
    {
        for (var i = 0; i < 4; i++)
        {
            Add(0);
        }

        for (var i = 0; i < 400; i++)
        {
            ((FakeLink)_set.Pick(except: null)!.Link).StreamCount++;
        }

        Assert.That(_set.Links.Select(entry => entry.Link.StreamCount), Is.All.EqualTo(100));
    }

    [Test]
    public void F25_pick_uses_all_links_where_each_stream_is_over_before_the_next()
    {
        for (var i = 0; i < 4; i++)
        {
            Add(0);
        }

        var picked = Enumerable.Range(0, 12).Select(_ => _set.Pick(except: null)!).CountBy(entry => entry);

        Assert.That(picked.Select(entry => entry.Value), Is.EqualTo(new[] { 3, 3, 3, 3 }));
    }

    [Test]
    public void TryAddStream_at_the_limit_and_one_more()
    {
        var added = Enumerable.Range(0, 3).Select(_ => _set.TryAddStream(2)).ToArray();
        _set.ReleaseStream();

        Assert.That(added, Is.EqualTo(new[] { true, true, false }));
        Assert.That(_set.Streams, Is.EqualTo(1));
    }

    private LinkEntry Add(int streams, LinkState state = LinkState.Active)
    {
        var entry = Entries.For(new FakeLink { StreamCount = streams, State = state });
        _set.Replace(old: null, entry);
        return entry;
    }
}
