using System.Net;
using McpTunnel.Edge.Ingress.Admission;
using McpTunnel.Protocol.Codes;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Ingress;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class AdmissionControlTests
{
    private static readonly SourceLimits Source = new(100, 100, Pending: 2, Streams: 2, Callers: 1, Sources: 100);
    private static readonly AdmissionLimits Limits = new(Pending: 100, HelloBytes: 8192, HelloMemory: 8192, TimeSpan.FromSeconds(10), Source, NetworkShare: 3);

    private readonly AdmissionControl _admission = new(Limits, new FakeTimeProvider());

    [TestCase("192.0.2.{0}", "192.0.3.1")]
    [TestCase("2001:db8:1:{0}::1", "2001:db8:2::1")]
    public void TryAdmit_pending_of_a_network_at_the_limit_and_one_more(string addresses, string elsewhere)
    {
        var answers = Enumerable.Range(1, 7).Select(i => Admit(string.Format(null, addresses, i))).ToArray();

        Assert.That(answers, Is.EqualTo(new TunnelCode?[] { null, null, null, null, null, null, TunnelCode.SourceLimit }));
        Assert.That(Admit(elsewhere), Is.Null);
    }

    [Test]
    public void TryAdmit_refused_by_its_source_does_not_count_in_its_network()
    {
        var answers = Enumerable.Range(1, 20).Select(_ => Admit("192.0.2.1")).ToArray();

        Assert.That(answers.Count(answer => answer is null), Is.EqualTo(2));
        Assert.That(Enumerable.Range(2, 4).Select(i => Admit($"192.0.2.{i}")), Is.All.Null);
    }

    [Test]
    public void TryAdmit_refused_by_its_network_does_not_count_in_its_source()
    {
        var origins = Enumerable.Range(1, 6).Select(i => Origin($"192.0.2.{i}")).ToArray();
        Assert.That(Enumerable.Range(0, 5).Select(_ => Admit("192.0.2.100")), Is.All.EqualTo(TunnelCode.SourceLimit));
        Array.ForEach(origins, _admission.ReleasePending);

        Assert.That(Enumerable.Range(0, 2).Select(_ => Admit("192.0.2.100")), Is.All.Null);
    }

    [Test]
    public void TryAddCaller_of_a_source_and_of_a_network_at_the_limit_and_one_more()
    {
        var first = Origin("192.0.2.1");
        var others = Enumerable.Range(2, 2).Select(i => Origin($"192.0.2.{i}")).ToArray();
        var late = Origin("192.0.2.100");

        Assert.That(_admission.TryAddCaller(first), Is.True);
        Assert.That(_admission.TryAddCaller(first), Is.False);
        Assert.That(others.Select(_admission.TryAddCaller), Is.All.True);
        Assert.That(_admission.TryAddCaller(late), Is.False);
        _admission.ReleaseCaller(first);
        Assert.That(_admission.TryAddCaller(late), Is.True);
    }

    private TunnelCode? Admit(string address) => _admission.TryAdmit(IPAddress.Parse(address), out var _);

    private Origin Origin(string address)
    {
        Assert.That(_admission.TryAdmit(IPAddress.Parse(address), out var origin), Is.Null);
        return origin;
    }
}
