using McpTunnel.Client.Hosting;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Client.Hosting;

public sealed class CertificateAgeTests
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Test]
    public void IsDue_from_a_third_of_its_life_left_on()
    {
        var end = Begin.AddDays(30);

        Assert.Multiple(() =>
        {
            Assert.That(CertificateAge.IsDue(Begin, end, Begin.AddDays(20).AddTicks(-1)), Is.False);
            Assert.That(CertificateAge.IsDue(Begin, end, Begin.AddDays(20)), Is.True);
            Assert.That(CertificateAge.IsDue(Begin, end, end.AddDays(1)), Is.True);
        });
    }
}
