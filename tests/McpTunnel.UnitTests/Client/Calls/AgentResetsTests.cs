using McpTunnel.Client.Calls;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Calls;

/// <summary>How many calls an agent may give up before its connection ends.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class AgentResetsTests
{
    private const int Limit = 4;

    private readonly FakeTimeProvider _time = new();
    private readonly AgentResets _resets;
    private int _ends;

    public AgentResetsTests() => _resets = new AgentResets(Limit, _time, () => _ends++);

    [Test]
    public void One_more_than_the_limit_within_a_second_ends_the_connection_once()
    {
        var atLimit = Add(Limit);
        var over = Add(1);
        var later = Add(Limit);

        Assert.That((atLimit, over, later, _ends), Is.EqualTo((0, 1, 0, 1)));
    }

    [Test]
    public void Resets_of_the_second_before_do_not_count()
    {
        Add(Limit);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.That((Add(Limit), _ends), Is.EqualTo((0, 0)));
    }

    private int Add(int count) => Enumerable.Range(0, count).Count(_ => _resets.Add());
}
