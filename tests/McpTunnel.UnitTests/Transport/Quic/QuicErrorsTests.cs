using System.Security.Authentication;
using McpTunnel.Transport.Quic;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport.Quic;

public sealed class QuicErrorsTests
{
    [TestCase("Authentication failed because the remote party sent a TLS alert: 'UserCanceled'.", false)]
    [TestCase("Authentication failed because the remote party sent a TLS alert: 'BadCertificate'.", true)]
    public void Explain_blames_a_certificate_only_where_one_was_refused(string message, bool certificate) =>
        Assert.That(QuicErrors.Explain(new AuthenticationException(message)).Contains("client enroll", StringComparison.Ordinal), Is.EqualTo(certificate));
}
