using System.Security.Cryptography;
using McpTunnel.Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Files;
using McpTunnel.Certificates.Keys;
using McpTunnel.TestKit;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;

namespace McpTunnel.UnitTests.Certificates;

public sealed class PemTests
{
    private static readonly FakeTimeProvider Time = new(new DateTimeOffset(2031, 5, 6, 7, 8, 9, TimeSpan.Zero));

    [Test]
    public void F33_ParseChain_never_takes_a_part_of_a_chain_for_a_whole_one_unless_it_ends_between_certificates()
    {
        using var ca = ServerCa.CreateForTunnel("a.example", Time);
        using var issued = ca.IssueServerCertificate(["a.example"]);
        var first = issued.ChainPem;
        var whole = first + ca.CertificatePem;

        for (var length = 0; length < whole.TrimEnd().Length; length++)
        {
            if (Parses(whole[..length]) is { } certificates)
            {
                // Up to four dashes of the next block cannot be told from a heading.
                Assert.That((certificates, length), Is.EqualTo((1, length)).And.Matches<(int, int)>(cut => cut.Item2 - first.TrimEnd().Length is >= 0 and <= 5));
            }
        }

        Assert.That(Parses(whole), Is.EqualTo(2));
    }

    [Test]
    public void ParseChain_passes_over_headings_and_other_blocks()
    {
        using var ca = ServerCa.CreateForTunnel("a.example", Time);
        var pem = $"subject=CN=x\n{ca.CertificatePem}\nBag Attributes\n{ca.ExportKeyPem()}trailing text";

        Assert.That(CertificateFile.ParseChain(pem, "the text"), Has.Count.EqualTo(1));
    }

    [Test]
    public void ParseChain_takes_16_certificates_and_not_17()
    {
        using var ca = ServerCa.CreateForTunnel("a.example", Time);

        Assert.That(Parses(string.Concat(Enumerable.Repeat(ca.CertificatePem, 16))), Is.EqualTo(16));
        Assert.That(
            () => CertificateFile.ParseChain(string.Concat(Enumerable.Repeat(ca.CertificatePem, 17)), "the text"),
            Throws.InstanceOf<CertificateException>().With.Property(nameof(CertificateException.Fault)).EqualTo(CertificateFault.TooLarge));
    }

    [Test]
    public void ParseChain_answers_any_damage_with_certificates_or_a_typed_refusal()
    {
        using var ca = ServerCa.CreateForTunnel("a.example", Time);
        var good = ca.CertificatePem;
        Fuzz.Run(33, random =>
        {
            var text = good.ToCharArray();
            for (var i = random.Next(1, 6); i > 0; i--)
            {
                text[random.Next(text.Length)] = (char)random.Next(1, 0x17F);
            }

            Assert.That(() => Parses(new string(text)), Throws.Nothing);
        });
    }

    [Test]
    public void A_key_is_read_in_each_of_its_PEM_forms()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);

        Assert.Multiple(() =>
        {
            Assert.That(Key(ec.ExportPkcs8PrivateKeyPem()), Is.EqualTo("ECDSA 384"));
            Assert.That(Key(ec.ExportECPrivateKeyPem()), Is.EqualTo("ECDSA 384"));
            Assert.That(Key(rsa.ExportPkcs8PrivateKeyPem()), Is.EqualTo("RSA 2048"));
            Assert.That(Key(rsa.ExportRSAPrivateKeyPem()), Is.EqualTo("RSA 2048"));
        });
    }

    [Test]
    public void A_key_that_is_not_accepted_is_refused_without_a_word_of_it_in_the_message()
    {
        using var p521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        using var weak = RSA.Create(1024);
        using var encrypted = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var parameters = new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1000);

        AssertKeyRefused(CertificateFault.KeyNotAccepted, p521.ExportPkcs8PrivateKeyPem());
        AssertKeyRefused(CertificateFault.KeyTooWeak, weak.ExportPkcs8PrivateKeyPem());
        AssertKeyRefused(CertificateFault.KeyNotAccepted, encrypted.ExportEncryptedPkcs8PrivateKeyPem("password", parameters));
        AssertKeyRefused(CertificateFault.Malformed, "");
        AssertKeyRefused(CertificateFault.Malformed, p521.ExportSubjectPublicKeyInfoPem());
        AssertKeyRefused(CertificateFault.Malformed, weak.ExportPkcs8PrivateKeyPem()[..400]);
        AssertKeyRefused(CertificateFault.Malformed, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----");
    }

    [Test]
    public void A_made_key_survives_its_PEM_form()
    {
        using var key = PrivateKey.Create();
        using var again = PrivateKey.FromPem(key.ExportPem(), "the text");

        Assert.That(again.ExportPublicKey(), Is.EqualTo(key.ExportPublicKey()));
        Assert.That(key.ToString(), Is.EqualTo("ECDSA 256"));
    }

    private static string Key(string pem)
    {
        using var key = PrivateKey.FromPem(pem, "the text");
        return key.ToString();
    }

    private static void AssertKeyRefused(CertificateFault fault, string pem)
    {
        var exception = Assert.Throws<CertificateException>(() => PrivateKey.FromPem(pem, "/etc/key"));
        Assert.That(exception!.Fault, Is.EqualTo(fault), exception.Message);
        Assert.That(exception.Message, Does.Contain("/etc/key"));
        Assert.That(pem.Split('\n').Where(line => line.Length > 20 && exception.ToString().Contains(line, StringComparison.Ordinal)), Is.Empty);
    }

    private static int? Parses(string pem)
    {
        try
        {
            var chain = CertificateFile.ParseChain(pem, "the text");
            foreach (var certificate in chain)
            {
                certificate.Dispose();
            }

            return chain.Count;
        }
        catch (CertificateException)
        {
            return null;
        }
    }
}
