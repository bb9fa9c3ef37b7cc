using System.Net.Security;
using System.Security.Authentication;
using McpTunnel.Protocol.ClientHello;
using McpTunnel.Protocol.Codes;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Protocol.ClientHello;

public sealed class TlsAlertTests
{
    [TestCase(TlsAlertDescription.UnrecognizedName, 112)]
    [TestCase(TlsAlertDescription.DecodeError, 50)]
    [TestCase(TlsAlertDescription.InternalError, 80)]
    public void Fatal_is_the_record_of_the_RFC(TlsAlertDescription description, byte number) =>
        Assert.That(TlsAlert.Fatal(description).ToArray(), Is.EqualTo(new byte[] { 21, 3, 3, 0, 2, 2, number }));

    [TestCase(TunnelCode.UnknownName, TlsAlertDescription.UnrecognizedName)]
    [TestCase(TunnelCode.NoServerName, TlsAlertDescription.UnrecognizedName)]
    [TestCase(TunnelCode.ClientHelloMalformed, TlsAlertDescription.DecodeError)]
    [TestCase(TunnelCode.NoLink, TlsAlertDescription.InternalError)]
    [TestCase(TunnelCode.StreamLimit, TlsAlertDescription.InternalError)]
    public void For_a_code_is_its_alert(TunnelCode code, TlsAlertDescription description) =>
        Assert.That(TlsAlert.For(code).ToArray(), Is.EqualTo(TlsAlert.Fatal(description).ToArray()));

    [Test]
    public void For_something_that_is_not_TLS_is_nothing() => Assert.That(TlsAlert.For(TunnelCode.NotTls).IsEmpty, Is.True);

    [Test]
    public async Task The_platform_s_own_client_reports_the_alert()
    {
        await using var tls = new SslStream(new AnswerStream(TlsAlert.Fatal(TlsAlertDescription.UnrecognizedName)));

        var failure = await Assert.ThrowsAsync<AuthenticationException>(() => tls.AuthenticateAsClientAsync("docs.acme.tunnel.example.com"));

        Assert.That(failure.ToString(), Does.Contain("unrecognized name").IgnoreCase);
    }

    /// <summary>Takes every byte and answers the same.</summary>
    private sealed class AnswerStream(ReadOnlyMemory<byte> answer) : MemoryStream(answer.ToArray())
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => default;

        public override void Write(byte[] buffer, int offset, int count)
        {
        }
    }
}
