using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates;
using McpTunnel.Certificates.Keys;
using McpTunnel.Certificates.Requests;
using McpTunnel.TestKit;
using NUnit.Framework;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Crypto.Operators;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;

namespace McpTunnel.UnitTests.Certificates;

public sealed class SigningRequestTests
{
    [Test]
    public void Parse_takes_the_key_of_what_Create_made()
    {
        using var key = PrivateKey.Create();

        Assert.That(SigningRequest.Parse(SigningRequest.Create(key, "client")).PublicKey, Is.EqualTo(key.ExportPublicKey()));
    }

    [Test]
    public void Create_makes_what_the_platform_reads()
    {
        using var key = PrivateKey.Create();

        var request = CertificateRequest.LoadSigningRequestPem(SigningRequest.Create(key, "client"), HashAlgorithmName.SHA256);

        Assert.That(request.SubjectName.Name, Is.EqualTo("CN=client"));
        Assert.That(request.PublicKey.ExportSubjectPublicKeyInfo(), Is.EqualTo(key.ExportPublicKey()));
    }

    [TestCase("nistP256")]
    [TestCase("nistP384")]
    public void Parse_accepts_the_curve(string curve)
    {
        using var key = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));

        Assert.That(SigningRequest.Parse(Request(key)).PublicKey, Is.EqualTo(key.ExportSubjectPublicKeyInfo()));
    }

    [TestCase("nistP521")]
    [TestCase("secp256k1")]
    [TestCase("brainpoolP256r1")]
    public void Parse_refuses_another_curve(string curve)
    {
        using var key = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));

        AssertRefused(CertificateFault.KeyNotAccepted, Request(key));
    }

    [TestCase(2048, null)]
    [TestCase(3072, null)]
    [TestCase(2040, CertificateFault.KeyTooWeak)]
    [TestCase(1024, CertificateFault.KeyTooWeak)]
    public void Parse_bounds_RSA_keys(int bits, CertificateFault? fault)
    {
        using var key = RSA.Create(bits);
        var pem = new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem();

        if (fault is { } expected)
        {
            AssertRefused(expected, pem);
        }
        else
        {
            Assert.That(SigningRequest.Parse(pem).PublicKey, Is.EqualTo(key.ExportSubjectPublicKeyInfo()));
        }
    }

    [TestCase(2047, CertificateFault.KeyTooWeak)]
    [TestCase(2048, null)]
    [TestCase(8192, null)]
    [TestCase(8193, CertificateFault.KeyNotAccepted)]
    public void KeyRules_judge_an_RSA_key_by_its_length_before_any_arithmetic(int bits, CertificateFault? fault)
    {
        var modulus = BigInteger.One.ShiftLeft(bits - 1).Add(BigInteger.One);
        var algorithm = new AlgorithmIdentifier(PkcsObjectIdentifiers.RsaEncryption, DerNull.Instance);
        var info = new SubjectPublicKeyInfo(algorithm, new RsaPublicKeyStructure(modulus, BigInteger.ValueOf(65537)));

        Assert.That(KeyRules.Judge(info.GetDerEncoded()), Is.EqualTo(fault));
    }

    [Test]
    public void Parse_refuses_a_signature_by_another_key()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = PublicKey.CreateFromSubjectPublicKeyInfo(key.ExportSubjectPublicKeyInfo(), out _);
        var request = new CertificateRequest(new X500DistinguishedName("CN=x"), publicKey, HashAlgorithmName.SHA256);

        AssertRefused(CertificateFault.SignatureInvalid, request.CreateSigningRequestPem(X509SignatureGenerator.CreateForECDsa(other)));
    }

    [Test]
    public void Parse_refuses_SHA1()
    {
        using var rsa = RSA.Create(2048);
        var pair = DotNetUtilities.GetRsaKeyPair(rsa);
        var request = new Pkcs10CertificationRequest(new Asn1SignatureFactory("SHA1WITHRSA", pair.Private), new X509Name("CN=x"), pair.Public, new DerSet());

        AssertRefused(CertificateFault.SignatureInvalid, PemEncoding.WriteString("CERTIFICATE REQUEST", request.GetEncoded()));
    }

    [TestCase("")]
    [TestCase("no PEM at all")]
    [TestCase("-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----")]
    [TestCase("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----")]
    [TestCase("-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----")]
    [TestCase("-----BEGIN CERTIFICATE REQUEST-----\n")]
    public void Parse_refuses_what_is_no_request(string pem) => AssertRefused(CertificateFault.Malformed, pem);

    [Test]
    public void Parse_refuses_a_certificate_and_two_requests()
    {
        using var key = PrivateKey.Create();
        var pem = SigningRequest.Create(key, "x");

        AssertRefused(CertificateFault.Malformed, pem + pem);
        AssertRefused(CertificateFault.Malformed, pem.Replace("CERTIFICATE REQUEST", "CERTIFICATE", StringComparison.Ordinal));
    }

    [Test]
    public void Parse_takes_16_KiB_of_text_and_not_one_character_more()
    {
        using var key = PrivateKey.Create();
        var pem = SigningRequest.Create(key, "x");
        var padding = new string('\n', SigningRequest.MaxPemLength - pem.Length);

        Assert.That(SigningRequest.Parse(pem + padding).PublicKey, Is.EqualTo(key.ExportPublicKey()));
        AssertRefused(CertificateFault.TooLarge, pem + padding + "\n");
    }

    [Test]
    public void Parse_answers_any_damage_with_a_typed_refusal()
    {
        using var key = PrivateKey.Create();
        var text = SigningRequest.Create(key, "x");
        var good = Convert.FromBase64String(text[PemEncoding.Find(text).Base64Data]);
        Fuzz.Run(47, random =>
        {
            var damaged = good.ToArray();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                damaged[random.Next(damaged.Length)] ^= (byte)random.Next(1, 256);
            }

            var pem = PemEncoding.WriteString("CERTIFICATE REQUEST", damaged.AsSpan(0, random.Next(4) == 0 ? random.Next(damaged.Length) : damaged.Length));
            Assert.That(() => SigningRequest.Parse(pem), Throws.InstanceOf<CertificateException>());
        });
    }

    private static string Request(ECDsa key) => new CertificateRequest("CN=x", key, HashAlgorithmName.SHA256).CreateSigningRequestPem();

    private static void AssertRefused(CertificateFault fault, string pem) =>
        Assert.That(
            () => SigningRequest.Parse(pem),
            Throws.InstanceOf<CertificateException>().With.Property(nameof(CertificateException.Fault)).EqualTo(fault));
}
