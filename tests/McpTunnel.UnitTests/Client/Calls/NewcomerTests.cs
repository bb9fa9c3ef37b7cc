using McpTunnel.Client.Calls;
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
    private readonly Newcomer _newcomer;

    public NewcomerTests() => _newcomer = new Newcomer(_lifetime, Patience, _time);

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

    private sealed class Lifetime : IConnectionLifetimeNotificationFeature, IDisposable
    {
        private readonly CancellationTokenSource _asked = new();

        public Lifetime() => ConnectionClosedRequested = _asked.Token;

        public CancellationToken ConnectionClosedRequested { get; set; }

        public void RequestClose() => _asked.Cancel();

        public void Dispose() => _asked.Dispose();
    }
}
