using McpTunnel.Transport.Quic;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport.Quic;

public sealed class QuicCarrierTests
{
    [Test]
    public void FindProblem_with_a_library_that_works_finds_none() => Assert.That(QuicCarrier.FindProblem(() => true), Is.Null);

    [Test]
    public void FindProblem_without_a_library_says_what_to_install() => Assert.That(QuicCarrier.FindProblem(() => false), Does.Contain("Install libmsquic"));

    [Test]
    public void F31_library_that_does_not_start_is_a_reason_and_no_failure()
    {
        var problem = QuicCarrier.FindProblem(() => throw new TypeInitializationException("MsQuicApi", new EntryPointNotFoundException("no MsQuicOpenVersion")));

        Assert.That(problem, Does.Contain("does not start").And.Contain("no MsQuicOpenVersion"));
    }

    [Test]
    public void IsSupported_never_throws_and_gives_a_reason_exactly_when_it_is_not()
    {
        var supported = QuicCarrier.IsSupported(out var reason);

        Assert.That(reason.Length == 0, Is.EqualTo(supported));
    }
}
