using System.Net;
using McpTunnel.Edge.Ingress.Admission;
using McpTunnel.Protocol.Codes;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Ingress;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class AdmissionControlTests
{
    private static readonly AdmissionLimits Limits = new(
        Pending: 3, HelloBytes: 8192, HelloMemory: 8192, TimeSpan.FromSeconds(10), new SourceLimits(100, 100, Pending: 2, Streams: 2, Sources: 10));

    private readonly AdmissionControl _admission = new(Limits, new FakeTimeProvider());

    [Test]
    public void TryAdmit_pending_in_all_at_the_limit_and_one_more()
    {
        var answers = Enumerable.Range(1, 4).Select(i => _admission.TryAdmit(IPAddress.Parse($"192.0.2.{i}"), out var _)).ToArray();

        Assert.That(answers, Is.EqualTo(new TunnelCode?[] { null, null, null, TunnelCode.EdgeOverloaded }));
        Assert.That(_admission.Pending, Is.EqualTo(3));
    }

    [Test]
    public void TryAdmit_refused_by_its_source_does_not_count_in_all()
    {
        var address = IPAddress.Parse("192.0.2.1");
        var answers = Enumerable.Range(1, 3).Select(_ => _admission.TryAdmit(address, out var _)).ToArray();

        Assert.That(answers[2], Is.EqualTo(TunnelCode.SourceLimit));
        Assert.That(_admission.Pending, Is.EqualTo(2));
    }

    [Test]
    public void ReleasePending_gives_back_both_places()
    {
        var address = IPAddress.Parse("192.0.2.1");
        for (var i = 0; i < 10; i++)
        {
            Assert.That(_admission.TryAdmit(address, out var source), Is.Null);
            _admission.ReleasePending(source!);
        }

        Assert.That(_admission.Pending, Is.Zero);
    }
}
