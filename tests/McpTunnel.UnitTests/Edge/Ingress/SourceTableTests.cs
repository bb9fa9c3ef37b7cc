using System.Net;
using McpTunnel.Edge.Ingress.Admission;
using McpTunnel.Protocol.Codes;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Ingress;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SourceTableTests
{
    private static readonly SourceLimits Limits = new(HandshakesPerSecond: 10, HandshakeBurst: 5, Pending: 100, Streams: 2, Callers: 2, Sources: 3);

    private readonly FakeTimeProvider _time = new();

    [Test]
    public void TryAdmit_burst_is_admitted_and_one_more_is_not()
    {
        var table = new SourceTable(Limits, _time);

        Assert.That(Admit(table, "192.0.2.1", 6), Is.EqualTo(new TunnelCode?[] { null, null, null, null, null, TunnelCode.RateLimited }));
    }

    [Test]
    public void TryAdmit_after_the_bucket_refilled_admits_as_many_as_time_allows()
    {
        var table = new SourceTable(Limits, _time);
        Admit(table, "192.0.2.1", 5);

        _time.Advance(TimeSpan.FromMilliseconds(200));

        Assert.That(Admit(table, "192.0.2.1", 3), Is.EqualTo(new TunnelCode?[] { null, null, TunnelCode.RateLimited }));
    }

    [Test]
    public void TryAdmit_other_sources_are_not_concerned()
    {
        var table = new SourceTable(Limits, _time);
        Admit(table, "192.0.2.1", 6);

        Assert.That(Admit(table, "192.0.2.2", 1), Is.EqualTo(new TunnelCode?[] { null }));
    }

    [Test]
    public void TryAdmit_pending_at_the_limit_and_one_more()
    {
        var table = new SourceTable(Limits with { HandshakeBurst = 1000, Pending = 4 }, _time);

        Assert.That(Admit(table, "192.0.2.1", 5), Is.EqualTo(new TunnelCode?[] { null, null, null, null, TunnelCode.SourceLimit }));
    }

    [Test]
    public void ReleasePending_makes_room()
    {
        var table = new SourceTable(Limits with { Pending = 1 }, _time);
        table.TryAdmit(Key("192.0.2.1"), out var source);
        table.ReleasePending(source);

        Assert.That(Admit(table, "192.0.2.1", 1), Is.EqualTo(new TunnelCode?[] { null }));
    }

    [Test]
    public void TryAddStream_at_the_limit_and_one_more()
    {
        var table = new SourceTable(Limits, _time);
        table.TryAdmit(Key("192.0.2.1"), out var source);

        var added = Enumerable.Range(0, 3).Select(_ => table.TryAddStream(source)).ToArray();
        table.ReleaseStream(source);

        Assert.That(added, Is.EqualTo(new[] { true, true, false }));
        Assert.That(table.TryAddStream(source), Is.True);
    }

    [Test]
    public void TryAddCaller_at_the_limit_and_one_more()
    {
        var table = new SourceTable(Limits, _time);
        table.TryAdmit(Key("192.0.2.1"), out var source);

        var added = Enumerable.Range(0, 3).Select(_ => table.TryAddCaller(source)).ToArray();
        table.ReleaseCaller(source);

        Assert.That(added, Is.EqualTo(new[] { true, true, false }));
        Assert.That(table.TryAddCaller(source), Is.True);
    }

    [Test]
    public void TryAdmit_full_table_forgets_a_quiet_source()
    {
        var table = new SourceTable(Limits, _time);
        for (var i = 1; i <= 3; i++)
        {
            table.TryAdmit(Key($"192.0.2.{i}"), out var source);
            table.ReleasePending(source);
        }

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.That(Admit(table, "192.0.2.4", 1), Is.EqualTo(new TunnelCode?[] { null }));
        Assert.That(table.Count, Is.EqualTo(3));
    }

    [Test]
    public void TryAdmit_full_table_of_busy_sources_makes_newcomers_share_one()
    {
        var table = new SourceTable(Limits, _time);
        for (var i = 1; i <= 3; i++)
        {
            table.TryAdmit(Key($"192.0.2.{i}"), out _);
        }

        var admitted = Enumerable.Range(4, 200).Count(i => table.TryAdmit(Key($"198.51.100.{i}"), out _) is null);

        Assert.That(admitted, Is.EqualTo(Limits.HandshakeBurst));
        Assert.That(table.Count, Is.EqualTo(3));
    }

    [Test]
    public void TryAdmit_source_with_streams_is_not_forgotten()
    {
        var table = new SourceTable(Limits with { Sources = 1 }, _time);
        table.TryAdmit(Key("192.0.2.1"), out var busy);
        table.TryAddStream(busy);
        table.ReleasePending(busy);
        _time.Advance(TimeSpan.FromHours(1));

        table.TryAdmit(Key("192.0.2.2"), out var other);
        table.TryAdmit(Key("192.0.2.1"), out var again);

        Assert.That(again, Is.SameAs(busy));
        Assert.That(other, Is.Not.SameAs(busy));
    }

    [Test]
    public void TryAdmit_source_with_callers_is_not_forgotten()
    {
        var table = new SourceTable(Limits with { Sources = 1 }, _time);
        table.TryAdmit(Key("192.0.2.1"), out var busy);
        table.TryAddCaller(busy);
        table.ReleasePending(busy);
        _time.Advance(TimeSpan.FromHours(1));

        table.TryAdmit(Key("192.0.2.2"), out _);
        table.TryAdmit(Key("192.0.2.1"), out var again);

        Assert.That(again, Is.SameAs(busy));
    }

    private static TunnelCode?[] Admit(SourceTable table, string address, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => table.TryAdmit(Key(address), out var _))];

    private static SourceKey Key(string address) => SourceKey.Of(IPAddress.Parse(address));
}
