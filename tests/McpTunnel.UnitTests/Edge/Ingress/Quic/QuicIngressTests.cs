using System.Net;
using McpTunnel.Edge.Ingress.Admission;
using McpTunnel.Edge.Ingress.Quic;
using McpTunnel.TestKit.Links;
using McpTunnel.TestKit.WholePath;
using McpTunnel.Transport;
using McpTunnel.Transport.Tls;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Edge.Ingress.Quic;

[CancelAfter(30_000)]
public sealed class QuicIngressTests
{
    [Test]
    public async Task F31_broken_library_is_one_line_in_the_log_and_the_edge_starts(CancellationToken cancellationToken)
    {
        using var log = new LogRecord();
        var time = new FakeTimeProvider();
        var limits = new AdmissionLimits(10, 1024, 1024, TimeSpan.FromSeconds(10), new SourceLimits(100, 100, 10, 10, 10, 10), 16);
        await using var quic = new QuicIngress(
            null!, new AcceptingAuthorizer(), new LinkServerOptions("edge", new LinkOptions(), CancellationToken.None), new QuicAdmission(limits, 10, time), time,
            log.Factory.CreateLogger<QuicIngress>())
        {
            FindProblem = () => "The native QUIC library does not start: seccomp.",
        };

        await quic.StartAsync([new IPEndPoint(IPAddress.Loopback, 443), new IPEndPoint(IPAddress.IPv6Loopback, 443)], cancellationToken);

        Assert.That(log.Lines, Has.Count.EqualTo(1).And.One.Contains("does not start: seccomp"));
        Assert.That(quic.EndPoints, Is.Empty);
        Assert.That(quic.Broken, Is.Empty, "an edge without QUIC is ready");
    }
}
