using McpTunnel.Certificates;
using McpTunnel.Certificates.Files;
using McpTunnel.TestKit;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Certificates;

public sealed class StateLockTests
{
    [Test]
    public void Take_twice_names_the_directory_until_the_first_one_lets_go()
    {
        using var directory = new ScratchDirectory();
        using (StateLock.Take(directory.Path, "edge.lock"))
        {
            var refused = Assert.Throws<CertificateException>(() => StateLock.Take(directory.Path, "edge.lock"));
            Assert.That(refused!.Fault, Is.EqualTo(CertificateFault.InUse));
            Assert.That(refused.Message, Does.Contain(directory.Path));
            Assert.Throws<CertificateException>(() => StateLock.TakeIfWritable(directory.Path, "edge.lock"));
        }

        using var again = StateLock.Take(directory.Path, "edge.lock");
    }

    [Test]
    public void Take_in_a_directory_that_is_not_there_is_refused_and_goes_without_where_writing_is_no_must()
    {
        using var directory = new ScratchDirectory();

        var refused = Assert.Throws<CertificateException>(() => StateLock.Take(directory["missing"], "client.lock"));
        using var without = StateLock.TakeIfWritable(directory["missing"], "client.lock");

        Assert.That(refused!.Fault, Is.EqualTo(CertificateFault.WriteFailed));
    }
}
