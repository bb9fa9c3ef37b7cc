using McpTunnel.Client.SelfCalls;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.SelfCalls;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SilentLinksTests
{
    private readonly FakeLink _one = new();
    private readonly FakeLink _two = new();
    private readonly FakeLink _suspect = new();
    private readonly Dictionary<ILink, long> _requests = [];
    private readonly SilentLinks _silent;

    public SilentLinksTests() => _silent = new SilentLinks(link => _requests.GetValueOrDefault(link));

    [Test]
    public void F18_link_that_serves_none_of_two_rounds_while_others_do_is_silent()
    {
        Round(Served(_one), Served(_two), Silent());
        var first = (_silent.Find(), _silent.Suspects.Single());
        Round(Served(_one), Served(_two), Silent());

        Assert.That((first, _silent.Find()), Is.EqualTo(((null as FakeLink, _suspect), _suspect)));
    }

    [Test]
    public void Link_through_which_agents_requests_arrive_meanwhile_is_not()
    {
        for (var i = 0; i < 5; i++)
        {
            Round(() => _requests[_suspect] = _requests.GetValueOrDefault(_suspect) + 1, Served(_one), Served(_two), Silent());
        }

        Assert.That((_silent.Find(), _silent.Suspects.Count), Is.EqualTo((null as FakeLink, 0)));
    }

    [Test]
    public void Link_with_streams_enough_that_the_edge_passes_over_it_is_not()
    {
        (_suspect.StreamCount, _requests[_suspect]) = (1, 5);
        for (var i = 0; i < 5; i++)
        {
            Round(Served(_one), Served(_two), Silent());
        }

        Assert.That(_silent.Suspects, Is.Empty, "those that served had one stream at most");

        Round(Served(_one), Served(_two), Served(_one), Served(_two), Silent());
        Assert.That(_silent.Suspects, Is.EqualTo(new[] { _suspect }), "then it was its turn");
    }

    [Test]
    public void F18_streams_that_hang_on_a_link_since_it_brings_no_requests_do_not_speak_for_it()
    {
        (_suspect.StreamCount, _requests[_suspect]) = (1, 5);
        Round(Served(_one), Served(_two), Served(_suspect));
        _suspect.StreamCount = 6;

        Round(Served(_one), Served(_two), Served(_one), Silent());
        Round(Served(_one), Served(_two), Served(_one), Silent());

        Assert.That(_silent.Find(), Is.EqualTo(_suspect));
    }

    [Test]
    public void F18_of_links_that_all_serve_none_those_are_that_the_edge_would_have_taken()
    {
        (_one.StreamCount, _two.StreamCount) = (3, 7);
        (_requests[_one], _requests[_two]) = (9, 21);

        Round(Silent(), Silent(), Silent());
        Round(Silent(), Silent(), Silent());

        Assert.That((_silent.Suspects.Single(), _silent.Find()), Is.EqualTo((_suspect, _suspect)));
    }

    [Test]
    public void Calls_that_came_to_this_client_and_took_too_long_are_no_links_fault()
    {
        Round(Served(_one), Served(_two), Late());
        Round(Served(_one), Served(_two), Late());

        Assert.That(_silent.Suspects, Is.Empty);
    }

    [Test]
    public void Two_rounds_with_a_good_one_between_them_are_accidents()
    {
        Round(Served(_one), Served(_two), Silent());
        Round(Served(_one), Served(_two));
        Round(Served(_one), Served(_two), Silent());

        Assert.That((_silent.Find(), _silent.Suspects.Count), Is.EqualTo((null as FakeLink, 1)));
    }

    [Test]
    public void Failure_beside_another_instance_may_have_been_its()
    {
        Round(Served(_one), Served(_two), Silent(), Elsewhere());
        Round(Served(_one), Served(_two), Silent(), Elsewhere());

        Assert.That(_silent.Suspects, Is.Empty);
    }

    private void Round(params SelfCallOutcome[] outcomes) => Round(static () => { }, outcomes);

    private void Round(Action meanwhile, params SelfCallOutcome[] outcomes)
    {
        _silent.Begin([_one, _two, _suspect]);
        meanwhile();
        _silent.Judge(outcomes);
    }

    private static SelfCallOutcome Served(FakeLink link) => new(SelfCallResult.Served, link, "", TimeSpan.Zero);

    private static SelfCallOutcome Silent() => new(SelfCallResult.Silent, null, "nothing came back", TimeSpan.Zero);

    private static SelfCallOutcome Late() => new(SelfCallResult.NoAnswer, null, "the boundary did not answer", TimeSpan.Zero);

    private static SelfCallOutcome Elsewhere() => new(SelfCallResult.Elsewhere, null, "another instance", TimeSpan.Zero);
}
