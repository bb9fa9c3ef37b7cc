using System.Net;
using McpTunnel.Edge.Ingress.Admission;
using McpTunnel.Edge.Ingress.Quic;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Ingress.Quic;

public sealed class QuicAdmissionTests
{
    private static readonly IPAddress First = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress Second = IPAddress.Parse("192.0.2.2");

    [Test]
    public void TryAdmit_at_the_limit_of_connections_refuses_until_one_is_gone()
    {
        var admission = NewAdmission(connections: 2);
        var first = admission.TryAdmit(First)!;
        first.HandshakeDone();
        admission.TryAdmit(Second)!.HandshakeDone();

        Assert.That(admission.TryAdmit(Second), Is.Null);
        first.Dispose();
        Assert.That(admission.TryAdmit(Second), Is.Not.Null);
    }

    [Test]
    public void TryAdmit_at_the_limit_of_handshakes_refuses_until_one_is_over()
    {
        var admission = NewAdmission(pending: 2);
        var first = admission.TryAdmit(First)!;
        _ = admission.TryAdmit(Second);

        Assert.That(admission.TryAdmit(Second), Is.Null);
        first.HandshakeDone();
        Assert.That(admission.TryAdmit(Second), Is.Not.Null);
    }

    [Test]
    public void TryAdmit_over_the_limits_of_one_source_lets_others_in()
    {
        var admission = NewAdmission(perSource: 1);
        _ = admission.TryAdmit(First);

        Assert.That(admission.TryAdmit(First), Is.Null);
        Assert.That(admission.TryAdmit(Second), Is.Not.Null);
        Assert.That((admission.Connections, admission.Pending), Is.EqualTo((2L, 2L)));
    }

    [Test]
    public void Dispose_gives_back_what_was_taken_once()
    {
        var admission = NewAdmission();
        var failed = admission.TryAdmit(First)!;
        var served = admission.TryAdmit(First)!;
        served.HandshakeDone();
        served.HandshakeDone();
        Assert.That((admission.Connections, admission.Pending), Is.EqualTo((2L, 1L)));

        failed.Dispose();
        failed.Dispose();
        served.Dispose();

        Assert.That((admission.Connections, admission.Pending), Is.EqualTo((0L, 0L)));
    }

    private static QuicAdmission NewAdmission(int connections = 10, int pending = 10, int perSource = 10) => new(
        new AdmissionLimits(pending, 1024, 1024, TimeSpan.FromSeconds(10), new SourceLimits(100, 100, perSource, 10, 10, 10), 16), connections, new FakeTimeProvider());
}
