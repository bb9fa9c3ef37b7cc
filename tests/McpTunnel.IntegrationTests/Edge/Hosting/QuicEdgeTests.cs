using McpTunnel.Edge.Ingress.Quic;
using McpTunnel.IntegrationTests.Client;
using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using McpTunnel.Transport;
using Microsoft.Extensions.DependencyInjection;

namespace McpTunnel.IntegrationTests.Edge.Hosting;

/// <summary>Links over QUIC at a real edge: on the UDP port of the TCP port's number, with the edge's own certificates.</summary>
[Category("Quic")]
[CancelAfter(60_000)]
public sealed class QuicEdgeTests
{
    [SetUp]
    public void SetUp() => Requires.Quic();

    [Test]
    public async Task Link_over_quic_serves_agents_beside_one_over_tls()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync(carrier: Carrier.Quic);

        var (agent, stream) = await Agents.OpenAsync(edge, link);
        using var socket = agent;
        await stream.Output.WriteAsync("answer"u8.ToArray());

        Assert.That(await Agents.ReceiveAsync(agent, 6), Is.EqualTo("answer"u8.ToArray()));
        await using var other = await edge.DialAsync(edge.Hello(index: 1));
        Assert.That((link.Carrier, other.Carrier), Is.EqualTo((Carrier.Quic, Carrier.Tls)));
        Assert.That(edge.Metrics.Observe("mcptunnel.edge.links", "quic"), Is.EqualTo(1));
        Assert.That(edge.Metrics.Observe("mcptunnel.edge.quic.listeners"), Is.EqualTo(1));
        Assert.That(edge.Metrics.Observe("mcptunnel.edge.quic.connections", "connected"), Is.EqualTo(1));
    }

    [Test]
    public async Task Link_with_an_expired_certificate_is_told_so_by_name()
    {
        await using var edge = await EdgeFixture.StartAsync();
        using var expired = await edge.IssueCertificateAsync(TimeProvider.System.GetUtcNow().AddDays(-60));

        var refusal = await Assert.ThrowsAsync<LinkRefusedException>(
            () => edge.DialAsync(credentials: edge.Credentials with { Certificate = expired }, carrier: Carrier.Quic));

        Assert.That(refusal!.Code, Is.EqualTo(TunnelCode.CertificateExpired));
    }

    [Test]
    public async Task Link_with_a_certificate_of_another_authority_ends_in_the_handshake()
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var other = await EdgeFixture.StartAsync();

        var failure = await Assert.ThrowsAsync<LinkConnectException>(
            () => edge.DialAsync(credentials: edge.Credentials with { Certificate = other.Credentials.Certificate }, carrier: Carrier.Quic));

        Assert.That(failure!.Message, Does.Contain("certificate"));
    }

    [Test]
    public async Task Name_that_takes_no_links_is_refused_before_the_handshake()
    {
        await using var edge = await EdgeFixture.StartAsync();

        await Assert.ThrowsAsync<LinkConnectException>(
            () => edge.DialAsync(carrier: Carrier.Quic, change: dial => dial with { Edge = new Uri($"https://{EdgeFixture.Domain}:{edge.Edge.Port}") }));

        Assert.That(edge.Edge.Services.GetRequiredService<QuicAdmission>().Connections, Is.Zero);
    }

    [Test]
    public async Task StopAsync_tells_links_over_quic_to_leave_and_closes_them(CancellationToken cancellationToken)
    {
        await using var edge = await EdgeFixture.StartAsync();
        await using var link = await edge.DialAsync(carrier: Carrier.Quic);

        await edge.Edge.StopAsync(TimeSpan.Zero);

        var closure = await link.Closed.WaitAsync(cancellationToken);
        Assert.That(link.DrainRequested.IsCompletedSuccessfully, Is.True);
        Assert.That((closure.Code, closure.ByPeer), Is.EqualTo((TunnelCode.Shutdown, true)));
    }

    [Test]
    public async Task Udp_port_that_another_program_has_is_one_line_in_the_log(CancellationToken cancellationToken)
    {
        using var loggers = new RecordingLoggers();
        await using var edge = await EdgeFixture.StartAsync(loggers: loggers);

        // The port is taken by the edge itself.
        await edge.Edge.Services.GetRequiredService<QuicIngress>().StartAsync([edge.EndPoint], cancellationToken);

        Assert.That(loggers.Of(3038), Has.Exactly(1).Contains("quic: false"));
        await using var link = await edge.DialAsync();
        Assert.That(link.State, Is.EqualTo(LinkState.Active));
    }
}
