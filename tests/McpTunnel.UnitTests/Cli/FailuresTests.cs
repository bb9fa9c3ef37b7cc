using System.Net.Sockets;
using McpTunnel.Certificates;
using McpTunnel.Cli.Shell;
using McpTunnel.Client.Enrolment;
using McpTunnel.Configuration;
using McpTunnel.Edge;
using Microsoft.AspNetCore.Connections;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Cli;

public sealed class FailuresTests
{
    private static readonly TestCaseData[] Known =
    [
        new(new CertificateException(CertificateFault.FileMissing, "x does not exist."), 2),
        new(new EdgeStartException("The state directory is not usable."), 2),
        new(new InvalidDataException("enrolment.json is damaged."), 2),
        new(new IOException("bind", new AddressInUseException("taken")), 2),
        new(new SocketException((int)SocketError.AddressAlreadyInUse), 2),
        new(new IOException("bind", new SocketException((int)SocketError.AccessDenied)), 2),
        new(new EnrolmentException(EnrolmentFault.TokenMalformed, "Not a token."), 2),
        new(new EnrolmentException(EnrolmentFault.Refused, "No."), 3),
        new(new EnrolmentException(EnrolmentFault.Refused, "Later.") { IsRetryable = true }, 4),
        new(new EnrolmentException(EnrolmentFault.Unreachable, "Nobody there."), 4),
        new(new EnrolmentException(EnrolmentFault.AnswerInvalid, "Not an edge."), 1),
        new(new HttpRequestException("Nobody there."), 4),
        new(new NotSupportedException("Never thought of."), 1),
    ];

    [TestCaseSource(nameof(Known))]
    public void Exception_becomes_its_exit_code_and_words(Exception exception, int exitCode)
    {
        var failure = Failures.Of(exception);

        Assert.Multiple(() =>
        {
            Assert.That((int)failure.ExitCode, Is.EqualTo(exitCode));
            Assert.That(failure.What, Is.Not.Empty.And.Not.Contain("   at "));
        });
    }

    [Test]
    public void Enrolment_that_failed_says_where_and_what_to_do_also_to_programs()
    {
        var document = ErrorDocument.Of(Failures.Of(new EnrolmentException(EnrolmentFault.Unreachable, "Nobody there.") { Where = "tunnel.example.com:443", Remedy = "Check the address." }));

        Assert.That((document.What, document.Where, document.Remedy), Is.EqualTo(("Nobody there.", "tunnel.example.com:443", "Check the address.")));
    }

    [Test]
    public void Configuration_with_errors_shows_each_with_its_line()
    {
        var failure = Failures.Of(new ConfigurationException(
        [
            new ConfigurationError(new SourceLocation("client.yaml", 3, 5), "Unknown key", "Remove it"),
            new ConfigurationError(new SourceLocation("client.yaml", 9, 1), "No servers", "Add one"),
        ]));

        Assert.That(failure.Details, Is.EqualTo(new[] { "client.yaml:3:5: Unknown key. Remove it.", "client.yaml:9:1: No servers. Add one." }));
    }
}
