using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.Sec;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Asn1.X9;

namespace McpTunnel.Certificates.Keys;

/// <summary>Which public keys are accepted, judged on the DER alone: a hostile key is never used for arithmetic before that.</summary>
internal static class KeyRules
{
    /// <summary>NIST SP 800-57: RSA below 2048 bits is disallowed.</summary>
    public const int MinRsaBits = 2048;

    /// <summary>Beyond this a key only costs its verifier time.</summary>
    public const int MaxRsaBits = 8192;

    /// <summary>For messages.</summary>
    public const string Accepted = "Accepted are ECDSA P-256 and P-384, and RSA of 2048 to 8192 bits.";

    /// <summary>Null when the key is accepted.</summary>
    public static CertificateFault? Judge(byte[] subjectPublicKeyInfo)
    {
        try
        {
            var info = SubjectPublicKeyInfo.GetInstance(Asn1Object.FromByteArray(subjectPublicKeyInfo));
            var algorithm = info.Algorithm.Algorithm;
            if (algorithm.Equals(X9ObjectIdentifiers.IdECPublicKey))
            {
                // A named curve only: explicit parameters are how CVE-2020-0601 forged keys.
                return info.Algorithm.Parameters is DerObjectIdentifier curve
                    && (curve.Equals(SecObjectIdentifiers.SecP256r1) || curve.Equals(SecObjectIdentifiers.SecP384r1))
                        ? null
                        : CertificateFault.KeyNotAccepted;
            }

            return algorithm.Equals(PkcsObjectIdentifiers.RsaEncryption) ? JudgeRsa(info) : CertificateFault.KeyNotAccepted;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or InvalidOperationException or FormatException)
        {
            return CertificateFault.Malformed;
        }
    }

    private static CertificateFault? JudgeRsa(SubjectPublicKeyInfo info)
    {
        var key = RsaPublicKeyStructure.GetInstance(info.ParsePublicKey());
        if (key.Modulus.SignValue <= 0 || key.PublicExponent.SignValue <= 0)
        {
            return CertificateFault.Malformed;
        }

        if (key.Modulus.BitLength < MinRsaBits || key.PublicExponent.BitLength < 2)
        {
            return CertificateFault.KeyTooWeak;
        }

        return key.Modulus.BitLength > MaxRsaBits || key.PublicExponent.BitLength > 64 ? CertificateFault.KeyNotAccepted : null;
    }
}
