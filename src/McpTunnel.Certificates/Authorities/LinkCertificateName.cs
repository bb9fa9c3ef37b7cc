using System.Security.Cryptography.X509Certificates;

namespace McpTunnel.Certificates.Authorities;

/// <summary>How a link certificate names its tunnel: one URI among its alternative names.</summary>
public static class LinkCertificateName
{
    /// <summary>What stands before the tunnel's id.</summary>
    public const string Prefix = "urn:mcptunnel:tunnel:";

    public static string UriOf(string tunnelId) => Prefix + tunnelId;

    /// <summary>The tunnel that a certificate names; null when it names none, or more than one.</summary>
    public static string? TunnelIdOf(X509Certificate2 certificate)
    {
        var ids = CertificateNames.UrisOf(certificate)
            .Where(uri => uri.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(uri => uri[Prefix.Length..])
            .Take(2)
            .ToList();
        return ids is [{ Length: > 0 } id] ? id : null;
    }
}
