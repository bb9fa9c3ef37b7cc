using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.X509;

namespace McpTunnel.Certificates.Authorities;

/// <summary>Names in certificates: what may go in, and what is in one.</summary>
internal static class CertificateNames
{
    /// <summary>Names in one certificate: 100, as public authorities allow.</summary>
    public const int MaxNames = 100;

    /// <summary>RFC 5280's upper bound for a common name.</summary>
    private const int MaxCommonName = 64;

    private const int MaxDnsName = 253;
    private const int MaxDnsLabel = 63;

    /// <summary>A common name is for people; a long one is cut rather than refused.</summary>
    public static string CommonName(string text) => text.Length <= MaxCommonName ? text : text[..MaxCommonName];

    /// <summary>The domain in lower case.</summary>
    /// <exception cref="CertificateException">Not a DNS name of at least one label.</exception>
    public static string CheckDomain(string domain)
    {
        var lower = domain.ToLowerInvariant();
        return IsDnsName(lower)
            ? lower
            : throw new CertificateException(CertificateFault.NameNotAllowed, $"'{domain}' is not a DNS name. Write labels of letters, digits and hyphens joined by dots, international names in their xn-- form.");
    }

    /// <summary>The names in lower case, without repetition, each at or below <paramref name="domain"/>.</summary>
    /// <exception cref="CertificateException">None, too many, not DNS names, or outside the domain.</exception>
    public static IReadOnlyList<string> CheckServerNames(IReadOnlyCollection<string> names, string domain)
    {
        if (names.Count is 0 or > MaxNames)
        {
            throw new CertificateException(CertificateFault.NameNotAllowed, $"A server certificate has 1 to {MaxNames} names; {names.Count} were asked for.");
        }

        var result = new List<string>();
        foreach (var name in names)
        {
            var lower = name.ToLowerInvariant();
            var bare = lower.StartsWith("*.", StringComparison.Ordinal) ? lower[2..] : lower;
            if (!IsDnsName(bare))
            {
                throw new CertificateException(CertificateFault.NameNotAllowed, $"'{name}' is not a DNS name, nor a wildcard such as *.{domain}.");
            }

            if (bare != domain && !bare.EndsWith("." + domain, StringComparison.Ordinal))
            {
                throw new CertificateException(
                    CertificateFault.NameNotAllowed, $"'{name}' is not below {domain}, the only domain this authority may issue for.");
            }

            if (!result.Contains(lower))
            {
                result.Add(lower);
            }
        }

        return result;
    }

    public static IEnumerable<string> UrisOf(X509Certificate2 certificate) =>
        AlternativeNames(certificate)
            .Where(name => name.TagNo == GeneralName.UniformResourceIdentifier)
            .Select(name => DerIA5String.GetInstance(name.Name).GetString());

    /// <summary>The one DNS subtree that an authority's name constraints permit; null when there is none, or more than one.</summary>
    public static string? PermittedDomainOf(X509Certificate2 certificate)
    {
        if (certificate.Extensions[X509Extensions.NameConstraints.Id] is not { } extension)
        {
            return null;
        }

        try
        {
            var permitted = NameConstraints.GetInstance(Asn1Object.FromByteArray(extension.RawData)).PermittedSubtreesValue?.GetElements();
            return permitted is [var only] && only.Base is { TagNo: GeneralName.DnsName } name
                ? DerIA5String.GetInstance(name.Name).GetString().ToLower(CultureInfo.InvariantCulture)
                : null;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    private static GeneralName[] AlternativeNames(X509Certificate2 certificate)
    {
        if (certificate.Extensions[X509Extensions.SubjectAlternativeName.Id] is not { } extension)
        {
            return [];
        }

        try
        {
            return GeneralNames.GetInstance(Asn1Object.FromByteArray(extension.RawData)).GetNames();
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or InvalidOperationException)
        {
            return [];
        }
    }

    private static bool IsDnsName(string name) =>
        name.Length is > 0 and <= MaxDnsName && name.Split('.').All(IsLabel);

    private static bool IsLabel(string label) =>
        label.Length is > 0 and <= MaxDnsLabel
        && label[0] != '-' && label[^1] != '-'
        && label.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
