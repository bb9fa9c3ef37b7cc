using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
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

    [Test]
    public async Task Session_that_began_without_a_certificate_does_not_become_a_link(CancellationToken cancellationToken)
    {
        var (api, _) = await ConnectAsync(EdgeFixture.Domain, certificate: null, cancellationToken);
        await using (api)
        {
            await api.WriteAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {EdgeFixture.Domain}\r\n\r\n"), cancellationToken);
            await RawUpgrade.ReadUntilAsync(api, "\r\n\r\n", cancellationToken);
        }

        var received = 0;
        try
        {
            var (tls, _) = await ConnectAsync($"link.{EdgeFixture.Domain}", certificate: null, cancellationToken);
            await using var connection = tls;
            await tls.WriteAsync(Encoding.ASCII.GetBytes(RawUpgrade.Request(Carrier.Tls)), cancellationToken);
            received = await tls.ReadAsync(new byte[1], cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException)
        {
            // Refused in the handshake or right after it, as the version of TLS has it.
        }

        Assert.That(received, Is.Zero, "the edge ends the connection without an answer");
    }

    /// <summary>Handshake, upgrade, hello: whether the session was resumed, and the kind or the code of the edge's answer.</summary>
    private async Task<(bool IsResumed, string Answer)> RoundAsync(string name, CancellationToken cancellationToken)
    {
        var (tls, handshake) = await ConnectAsync(name, _edge.Credentials.Certificate, cancellationToken);
        await using var connection = tls;
        byte[] request = [.. Encoding.ASCII.GetBytes(RawUpgrade.Request(Carrier.Tls)), .. RawUpgrade.Hello(_edge.Tunnel.Id, _edge.Credentials.Token)];
        await tls.WriteAsync(request, cancellationToken);
        var answer = await RawUpgrade.ReadUntilAsync(tls, "}\n", cancellationToken);
        return (handshake < ShortestFull, answer.Contains("certificate_revoked", StringComparison.Ordinal) ? "certificate_revoked" : answer.Contains("\"welcome\"", StringComparison.Ordinal) ? "welcome" : answer);
    }

    /// <summary>A connection, and how many bytes of the server's its handshake took.</summary>
    private async Task<(SslStream Tls, long Handshake)> ConnectAsync(string name, X509Certificate2? certificate, CancellationToken cancellationToken)
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
                ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, null, offline: true),
            },
            cancellationToken);
        return (tls, bytes.BytesRead);
    }
}
