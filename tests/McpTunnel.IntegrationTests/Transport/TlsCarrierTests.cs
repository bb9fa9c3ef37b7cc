using System.Net;
using System.Net.Sockets;
using McpTunnel.Protocol.Codes;
using McpTunnel.TestKit.Links;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;
using McpTunnel.Transport.Kestrel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.IntegrationTests.Transport;

[CancelAfter(30_000)]
[TestFixture(Carrier.Tls)]
[TestFixture(Carrier.Websocket)]
public sealed class TlsCarrierTests(Carrier carrier)
{
    [Test]
    public async Task Link_over_a_real_upgrade_serves_an_http_request_through_kestrel(CancellationToken cancellationToken)
    {
        await using var fixture = await TlsCarrierFixture.StartAsync();
        await using var link = await fixture.Dialer(carrier).DialAsync(LinkPair.Hello(), cancellationToken);
        var listener = new LinkConnectionListenerFactory(_ => true, TimeProvider.System, NullLoggerFactory.Instance);
        await using var app = await ServeAsync(listener);
        listener.Attach(link);
        var edge = await fixture.Authorizer.FirstLink.WaitAsync(cancellationToken);

        await using var stream = await TlsCarrierFixture.OpenAsync(
            edge, "docs.acme.tunnel.test", "GET /who HTTP/1.1\r\nHost: docs.acme.tunnel.test\r\nConnection: close\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(stream.Input.AsStream());
        var answer = await reader.ReadToEndAsync(cancellationToken);

        Assert.That(answer, Does.StartWith("HTTP/1.1 200 OK"));
        Assert.That(answer, Does.Contain("docs.acme.tunnel.test 192.0.2.7:4711 cn-1 edge-test platform.example.net"));
        Assert.That((link.Identity.LinkId, link.Carrier), Is.EqualTo((edge.Identity.LinkId, edge.Carrier)));
        Assert.That(edge.Carrier, Is.EqualTo(carrier));
    }

    [Test]
    public async Task DialAsync_link_certificate_that_the_edge_does_not_take_is_named_as_a_reason(CancellationToken cancellationToken)
    {
        await using var fixture = await TlsCarrierFixture.StartAsync(takesCertificates: false);

        var failure = (await Assert.ThrowsAsync<LinkConnectException>(() => fixture.Dialer(carrier).DialAsync(LinkPair.Hello(), cancellationToken)))!;

        Assert.That(failure.Message, Does.Contain("does not accept the link certificate"));
    }

    [Test]
    public async Task F5_stream_reset_at_the_edge_aborts_the_request(CancellationToken cancellationToken)
    {
        await using var fixture = await TlsCarrierFixture.StartAsync();
        await using var link = await fixture.Dialer(carrier).DialAsync(LinkPair.Hello(), cancellationToken);
        var listener = new LinkConnectionListenerFactory(_ => true, TimeProvider.System, NullLoggerFactory.Instance);
        var started = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using var app = await ServeAsync(listener, async context =>
        {
            context.RequestAborted.Register(aborted.SetResult);
            started.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        listener.Attach(link);
        var edge = await fixture.Authorizer.FirstLink.WaitAsync(cancellationToken);
        var stream = await TlsCarrierFixture.OpenAsync(edge, "docs", "GET /hang HTTP/1.1\r\nHost: docs\r\n\r\n"u8.ToArray());
        await started.Task.WaitAsync(cancellationToken);

        stream.Abort();

        await aborted.Task.WaitAsync(cancellationToken);
        Assert.That(link.StreamCount, Is.Zero);
    }

    [Test]
    public async Task DialAsync_refused_hello_says_code_and_detail(CancellationToken cancellationToken)
    {
        await using var fixture = await TlsCarrierFixture.StartAsync(_ => LinkDecision.Refuse(TunnelCode.TokenRevoked, "The token was revoked."));

        var refusal = (await Assert.ThrowsAsync<LinkRefusedException>(() => fixture.Dialer(carrier).DialAsync(LinkPair.Hello(), cancellationToken)))!;

        Assert.That((refusal.Code, refusal.Retryable, refusal.Detail), Is.EqualTo((TunnelCode.TokenRevoked, false, "The token was revoked.")));
    }

    [Test]
    public async Task DialAsync_edge_of_another_authority_hears_nothing(CancellationToken cancellationToken)
    {
        await using var edge = await TlsCarrierFixture.StartAsync();
        await using var trusted = await TlsCarrierFixture.StartAsync();

        await Assert.ThrowsAsync<LinkConnectException>(() => trusted.Dialer(port: edge.Port).DialAsync(LinkPair.Hello(), cancellationToken));

        Assert.That(edge.Authorizer.FirstLink.IsCompleted, Is.False);
    }

    [Test]
    public async Task DialAsync_with_nobody_listening_says_so(CancellationToken cancellationToken)
    {
        await using var fixture = await TlsCarrierFixture.StartAsync();
        using var closed = new Socket(SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        var failure = (await Assert.ThrowsAsync<LinkConnectException>(
            () => fixture.Dialer(carrier, port: ((IPEndPoint)closed.LocalEndPoint!).Port).DialAsync(LinkPair.Hello(), cancellationToken)))!;

        Assert.That(failure.Message, Does.Contain("refused"));
    }

    [Test]
    public async Task CloseAsync_tells_the_other_side_why(CancellationToken cancellationToken)
    {
        await using var fixture = await TlsCarrierFixture.StartAsync();
        var link = await fixture.Dialer(carrier).DialAsync(LinkPair.Hello(), cancellationToken);
        var edge = await fixture.Authorizer.FirstLink.WaitAsync(cancellationToken);

        await edge.CloseAsync(TunnelCode.TokenRevoked, "Revoked by an administrator.");

        var closure = await link.Closed.WaitAsync(cancellationToken);
        Assert.That((closure.Code, closure.ByPeer), Is.EqualTo((TunnelCode.TokenRevoked, true)));
    }

    private static async Task<WebApplication> ServeAsync(LinkConnectionListenerFactory listener, RequestDelegate? hang = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IConnectionListenerFactory>(listener);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(new LinkEndPoint()));
        var app = builder.Build();
        app.MapGet("/who", (HttpContext context) =>
        {
            var tunnel = context.Features.Get<ITunnelConnectionFeature>()!;
            return $"{tunnel.ServerName} {tunnel.AgentEndPoint} {tunnel.ConnectionId} {tunnel.EdgeNode} {tunnel.AgentPlatform}";
        });
        if (hang is not null)
        {
            app.Map("/hang", hang);
        }

        await app.StartAsync();
        return app;
    }
}
