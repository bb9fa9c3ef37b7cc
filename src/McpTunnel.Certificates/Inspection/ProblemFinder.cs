using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Keys;

namespace McpTunnel.Certificates.Inspection;

/// <summary>Looks for what makes TLS peers refuse a certificate, before they do.</summary>
internal static class ProblemFinder
{
    private static readonly HashSet<string> BrokenSignatures =
    [
        "1.2.840.113549.1.1.4", // md5WithRSAEncryption
        "1.2.840.113549.1.1.5", // sha1WithRSAEncryption
        "1.2.840.10045.4.1", // ecdsa-with-SHA1
    ];

    public static IReadOnlyList<CertificateProblem> Find(IReadOnlyList<X509Certificate2> chain, DateTimeOffset now)
    {
        var problems = new List<CertificateProblem>();
        var first = chain[0];
        JudgeValidity(first, now, problems);
        JudgeKeyAndSignature(first, problems);
        if (first.Extensions.OfType<X509BasicConstraintsExtension>().All(extension => !extension.CertificateAuthority))
        {
            JudgeEndEntity(first, problems);
        }

        JudgeOrder(chain, now, problems);
        return problems;
    }

    private static void JudgeValidity(X509Certificate2 certificate, DateTimeOffset now, List<CertificateProblem> problems)
    {
        if (now > certificate.NotAfter)
        {
            problems.Add(new(CertificateFault.Expired, $"The certificate of {certificate.Subject} ended {certificate.NotAfter.ToUniversalTime():u}. Issue a new one."));
        }
        else if (now < certificate.NotBefore)
        {
            problems.Add(new(
                CertificateFault.NotYetValid, $"The certificate of {certificate.Subject} begins {certificate.NotBefore.ToUniversalTime():u}. Check this machine's clock, or wait."));
        }
    }

    private static void JudgeKeyAndSignature(X509Certificate2 certificate, List<CertificateProblem> problems)
    {
        if (KeyRules.Judge(certificate.PublicKey.ExportSubjectPublicKeyInfo()) is { } fault)
        {
            problems.Add(new(fault, $"The key is {KeyText.Of(certificate)}. {KeyRules.Accepted}"));
        }

        if (BrokenSignatures.Contains(certificate.SignatureAlgorithm.Value ?? ""))
        {
            problems.Add(new(
                CertificateFault.SignatureInvalid, $"The certificate is signed with {certificate.SignatureAlgorithm.FriendlyName}, which TLS peers refuse. Issue a new one with SHA-256."));
        }
    }

    private static void JudgeEndEntity(X509Certificate2 certificate, List<CertificateProblem> problems)
    {
        var hasName = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Any();
        if (!hasName)
        {
            problems.Add(new(CertificateFault.NameNotAllowed, "The certificate has no subject alternative name; a common name alone is not looked at by TLS peers."));
        }

        // A time span is compared to the day: 398 days plus the second that both ends include.
        if (certificate.NotAfter - certificate.NotBefore > Validity.LongestLeaf + TimeSpan.FromDays(1))
        {
            problems.Add(new(
                CertificateFault.WrongUsage, $"The certificate is valid for more than {Validity.LongestLeaf.TotalDays:0} days; some TLS peers refuse that. Issue a shorter one."));
        }
    }

    private static void JudgeOrder(IReadOnlyList<X509Certificate2> chain, DateTimeOffset now, List<CertificateProblem> problems)
    {
        for (var i = 0; i + 1 < chain.Count; i++)
        {
            if (!chain[i].IssuerName.RawData.AsSpan().SequenceEqual(chain[i + 1].SubjectName.RawData))
            {
                problems.Add(new(
                    CertificateFault.NotTrusted, $"Certificate {i + 2} of the file ({chain[i + 1].Subject}) is not the issuer of certificate {i + 1} ({chain[i].Issuer}). Order them: end-entity first, then each issuer."));
            }

            if (now > chain[i + 1].NotAfter)
            {
                problems.Add(new(CertificateFault.NotTrusted, $"The issuer {chain[i + 1].Subject} in the file ended {chain[i + 1].NotAfter.ToUniversalTime():u}."));
            }
        }
    }
}
