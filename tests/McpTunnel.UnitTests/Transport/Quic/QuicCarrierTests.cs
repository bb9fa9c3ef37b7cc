using McpTunnel.Transport.Quic;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Transport.Quic;

public sealed class QuicCarrierTests
{
    [Test]
    public void FindProblem_with_a_library_that_works_finds_none() => Assert.That(QuicCarrier.FindProblem(() => true, () => null), Is.Null);

    [Test]
    public void FindProblem_without_a_library_says_what_to_install() => Assert.That(QuicCarrier.FindProblem(() => false, () => null), Does.Contain("Install libmsquic"));

    [Test]
    public void F31_library_that_does_not_start_is_a_reason_and_no_failure()
    {
        var problem = QuicCarrier.FindProblem(() => throw new TypeInitializationException("MsQuicApi", new EntryPointNotFoundException("no MsQuicOpenVersion")), () => null);

        Assert.That(problem, Does.Contain("does not start").And.Contain("no MsQuicOpenVersion"));
    }

    [Test]
    public void FindProblem_with_a_library_that_does_not_load_says_what_the_loader_said()
    {
        var problem = QuicCarrier.FindProblem(() => false, () => "libnuma.so.1: cannot open shared object file.");

        Assert.That(problem, Does.Contain("does not load: libnuma.so.1: cannot open").And.Not.Contain("not found"));
    }

    [TestCase("", null)]
    [TestCase("/usr/share/dotnet/libmsquic.so.2: cannot open shared object file: No such file or directory\nlibmsquic.so.2: cannot open shared object file: No such file or directory\n", null)]
    [TestCase(
        "/usr/share/dotnet/libmsquic.so.2: cannot open shared object file: No such file or directory\nlibnuma.so.1: cannot open shared object file: No such file or directory\n",
        "libnuma.so.1: cannot open shared object file: No such file or directory.")]
    [TestCase("libmsquic.so.2: file too short\n", "libmsquic.so.2: file too short.")]
    [TestCase("/opt/libmsquic.so.2: undefined symbol: SSL_provide_quic_data\n", "/opt/libmsquic.so.2: undefined symbol: SSL_provide_quic_data.")]
    public void ReadProblem_takes_what_is_about_a_file_that_is_there(string lines, string? expected) =>
        Assert.That(QuicLibrary.ReadProblem("Unable to load shared library 'libmsquic.so.2' or one of its dependencies.\n" + lines), Is.EqualTo(expected));

    [Test]
    public void IsSupported_never_throws_and_gives_a_reason_exactly_when_it_is_not()
    {
        var supported = QuicCarrier.IsSupported(out var reason);

        Assert.That(reason.Length == 0, Is.EqualTo(supported));
    }
}
