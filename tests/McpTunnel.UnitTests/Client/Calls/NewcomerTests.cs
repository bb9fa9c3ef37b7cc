using McpTunnel.Client.Calls;
using McpTunnel.Transport.Kestrel;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Calls;

/// <summary>When a connection is asked to end: what Kestrel gets to hear of it.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class NewcomerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly Lifetime _lifetime = new();
    private readonly Admission _admission = new();
    private readonly Newcomer _newcomer;
    private int _cuts;

    public NewcomerTests() => _newcomer = new Newcomer(_lifetime, _admission, Patience, () => _cuts++, _time);

    private bool IsToEnd => _newcomer.ConnectionClosedRequested.IsCancellationRequested;

    [TearDown]
    public void Dispose()
    {
        _newcomer.Dispose();
        _lifetime.Dispose();
    }

    [Test]
    public void F13_connection_that_is_asked_to_end_does_so_only_with_its_first_call()
    {
        _lifetime.RequestClose();
        var early = IsToEnd;

        _newcomer.CallBegan();

        Assert.That((early, IsToEnd), Is.EqualTo((false, true)));
    }

    [Test]
    public void Connection_that_had_a_call_ends_when_it_is_asked_to()
    {
        _newcomer.CallBegan();
        _newcomer.CallBegan();
        var early = IsToEnd;

        _newcomer.RequestClose();

        Assert.That((early, IsToEnd), Is.EqualTo((false, true)));
    }

    [TestCase(false, true)]
    [TestCase(true, false)]
    public void Connection_without_an_accepted_call_is_sent_away_at_the_deadline(bool accepted, bool ends)
    {
        if (accepted)
        {
            _newcomer.CallBegan();
            _newcomer.Accept();
        }

        _time.Advance(Patience);

        Assert.That(IsToEnd, Is.EqualTo(ends));
    }

    [TestCase(false, 1)]
    [TestCase(true, 0)]
    public void Connection_that_is_sent_away_and_stays_is_cut_when_as_much_time_again_has_passed(bool ended, int cuts)
    {
        _time.Advance(Patience);
        _time.Advance(Patience - TimeSpan.FromTicks(1));
        var early = _cuts;
        if (ended)
        {
            _newcomer.Dispose();
        }

        _time.Advance(TimeSpan.FromTicks(1));
        _time.Advance(2 * Patience);

        Assert.That((early, _cuts), Is.EqualTo((0, cuts)));
    }

    [Test]
    public void Accepted_call_lets_the_connection_in_and_nothing_cuts_it_any_more()
    {
        _newcomer.CallBegan();
        var early = _admission.IsIn;

        _newcomer.Accept();
        _time.Advance(3 * Patience);

        Assert.That((early, _admission.IsIn, _cuts), Is.EqualTo((false, true, 0)));
    }

    private sealed class Admission : IAdmissionFeature
    {
        public bool IsIn { get; private set; }

        public void LetIn() => IsIn = true;
    }

    private sealed class Lifetime : IConnectionLifetimeNotificationFeature, IDisposable
    {
        private readonly CancellationTokenSource _asked = new();

        public Lifetime() => ConnectionClosedRequested = _asked.Token;

        public CancellationToken ConnectionClosedRequested { get; set; }

        public void RequestClose() => _asked.Cancel();

        public void Dispose() => _asked.Dispose();
    }
}
