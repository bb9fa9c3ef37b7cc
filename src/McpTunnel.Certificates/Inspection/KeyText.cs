using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace McpTunnel.Certificates.Inspection;

internal static class KeyText
{
    /// <summary>A public key's type and size for a person.</summary>
    public static string Of(X509Certificate2 certificate)
    {
        try
        {
            using var ecdsa = certificate.GetECDsaPublicKey();
            if (ecdsa is not null)
            {
                return $"ECDSA P-{ecdsa.KeySize}";
            }

            using var rsa = certificate.GetRSAPublicKey();
            return rsa is not null ? $"RSA {rsa.KeySize}" : certificate.PublicKey.Oid.FriendlyName ?? certificate.PublicKey.Oid.Value ?? "unknown";
        }
        catch (CryptographicException)
        {
            return "unreadable";
        }
    }
}
