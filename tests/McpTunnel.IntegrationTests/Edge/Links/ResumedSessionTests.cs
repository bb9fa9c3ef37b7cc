using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using McpTunnel.IntegrationTests.Transport;
using McpTunnel.Registry.Administration;
using McpTunnel.Registry.Credentials;
using McpTunnel.TestKit;
using McpTunnel.TestKit.Edges;
using McpTunnel.Transport;
using Microsoft.Extensions.DependencyInjection;

namespace McpTunnel.IntegrationTests.Edge.Links;

/// <summary>
/// The edge offers TLS session tickets, since links share their TLS context so. Our clients never use them; whoever does is judged by the certificate of the session.
/// </summary>
[CancelAfter(60_000)]
public sealed class ResumedSessionTests
{
    /// <summary>A server's side of a handshake with its certificate is longer, and one of a resumed session shorter.</summary>
    private const int ShortestFull = 600;

    private EdgeFixture _edge = null!;

    [SetUp]
    public async Task StartAsync() => _edge = await EdgeFixture.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _edge.DisposeAsync();

    [Test]
    public async Task Link_over_a_resumed_session_has_the_certificate_of_the_session(CancellationToken cancellationToken)
    {
        var link = $"link.{EdgeFixture.Domain}";
        var first = await RoundAsync(link, cancellationToken);
        var second = await RoundAsync(link, cancellationToken);

        await _edge.Edge.Services.GetRequiredService<ICredentialRegistry>().RevokeCertificateAsync(_edge.Tunnel.Id, _edge.Credentials.Serial, AdminActor.Local, cancellationToken);
        var third = await RoundAsync(link, cancellationToken);

        Assert.Multiple(() =>
        {
            Assert.That((first.IsResumed, first.Answer), Is.EqualTo((false, "welcome")));
            Assert.That((second.IsResumed, second.Answer), Is.EqualTo((true, "welcome")));
            Assert.That((third.IsResumed, third.Answer), Is.EqualTo((true, "certificate_revoked")));
        });
    }

    /// <summary>Handshake, upgrade, hello: whether the session was resumed, and the kind or the code of the edge's answer.</summary>
    private async Task<(bool IsResumed, string Answer)> RoundAsync(string name, CancellationToken cancellationToken)
    {
        var (tls, handshake) = await ConnectAsync(name, cancellationToken);
        await using var connection = tls;
        byte[] request = [.. Encoding.ASCII.GetBytes(RawUpgrade.Request(Carrier.Tls)), .. RawUpgrade.Hello(_edge.Tunnel.Id, _edge.Credentials.Token)];
        await tls.WriteAsync(request, cancellationToken);
        var answer = await RawUpgrade.ReadUntilAsync(tls, "}\n", cancellationToken);
        return (handshake < ShortestFull, answer.Contains("certificate_revoked", StringComparison.Ordinal) ? "certificate_revoked" : answer.Contains("\"welcome\"", StringComparison.Ordinal) ? "welcome" : answer);
    }

    /// <summary>A connection, and how many bytes of the server's its handshake took.</summary>
    private async Task<(SslStream Tls, long Handshake)> ConnectAsync(string name, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(_edge.EndPoint, cancellationToken);
        var bytes = new FaultyStream(new NetworkStream(socket, ownsSocket: true));
        var tls = new SslStream(bytes);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = name,
                EnabledSslProtocols = SslProtocols.Tls13,
                ApplicationProtocols = [SslApplicationProtocol.Http11],
                CertificateChainPolicy = _edge.TrustPolicy(),
                ClientCertificateContext = SslStreamCertificateContext.Create(_edge.Credentials.Certificate, null, offline: true),
            },
            cancellationToken);
        return (tls, bytes.BytesRead);
    }
}
