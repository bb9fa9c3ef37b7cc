using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Inspection;

namespace McpTunnel.Client.Enrolment;

/// <summary>
/// Accepts only a certificate that the platform found good, and remembers what was wrong with another: the platform's own error does
/// not say which of the two common mistakes it was.
/// </summary>
internal sealed class CertificateWitness
{
    private volatile Observation? _refused;

    /// <summary>For <see cref="SslClientAuthenticationOptions.RemoteCertificateValidationCallback"/>.</summary>
    public bool Judge(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        _refused = new Observation(
            certificate is X509Certificate2 shown ? CertificateDescription.Of([shown], DateTimeOffset.UnixEpoch) : null,
            errors,
            string.Join(", ", chain?.ChainStatus.Select(status => status.StatusInformation.Trim()).Where(text => text.Length > 0).Distinct() ?? []));
        return false;
    }

    /// <summary>What was wrong with the certificate that was refused last; null when none was.</summary>
    public (EnrolmentFault Fault, string Text)? Describe(string host)
    {
        if (_refused is not { } refused)
        {
            return null;
        }

        if (refused.Errors == SslPolicyErrors.RemoteCertificateNameMismatch && refused.Certificate is { } other)
        {
            return (
                EnrolmentFault.NameMismatch,
                $"The certificate that {host} shows is for {string.Join(", ", other.DnsNames.Concat(other.Addresses).DefaultIfEmpty(other.Subject))}. Use the edge's own domain, or have its certificate name {host}.");
        }

        return (
            EnrolmentFault.CertificateNotTrusted,
            $"The certificate that {host} shows is not trusted ({Reason(refused)}); it was issued by {refused.Certificate?.Issuer ?? "nobody"}. If the edge has an authority of its own, name its file edge-ca.pem with --ca-file.");
    }

    private static string Reason(Observation refused) => refused.ChainText.Length > 0 ? refused.ChainText : refused.Errors.ToString();

    private sealed record Observation(CertificateDescription? Certificate, SslPolicyErrors Errors, string ChainText);
}
