using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace McpTunnel.Transport.Dialing;

/// <summary>
/// Judges the certificates shown during one dial: the edge's, and the own one of a proxy that is spoken to over TLS. Accepts what the platform found
/// good; remembers what was wrong with another, since the platform's error does not tell a mistake in the configuration from
/// something on the way that opens TLS.
/// </summary>
internal sealed class PeerCertificates(LinkDialOptions options)
{
    private volatile RefusedCertificate? _refused;
    private volatile bool _acceptedEdge;

    /// <summary>The certificate refused last.</summary>
    public RefusedCertificate? Refused => _refused;

    /// <summary>Whether the edge showed a certificate that was accepted.</summary>
    public bool AcceptedEdge => _acceptedEdge;

    /// <summary>For <see cref="SslClientAuthenticationOptions.RemoteCertificateValidationCallback"/>.</summary>
    public bool Judge(object sender, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
        {
            _acceptedEdge |= IsEdge(sender as SslStream);
            return true;
        }

        var certificate = shown as X509Certificate2;
        var systemTrusts = options.TrustedAuthorities is not null && errors == SslPolicyErrors.RemoteCertificateChainErrors && certificate is not null && ServerTrust.SystemTrusts(certificate, chain);
        if (systemTrusts && !IsEdge(sender as SslStream))
        {
            // The authorities named are the edge's; a proxy's certificate is the company's matter, as everywhere on this machine.
            return true;
        }

        _refused = new RefusedCertificate(
            IsEdge(sender as SslStream),
            certificate is null ? "" : PlainName(certificate.Issuer),
            certificate is null ? "" : PlainName(NamesOf(certificate)),
            errors,
            chain?.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, status) => all | status.Status) ?? X509ChainStatusFlags.NoError,
            systemTrusts);
        return false;
    }

    /// <summary>
    /// The edge asks for the link certificate in the handshake. Whoever shows a certificate for the edge's name and does not ask stands between: a
    /// proxy that inspects TLS and whose authority this machine trusts.
    /// </summary>
    /// <exception cref="LinkConnectException">The peer did not ask.</exception>
    public Stream RequireMutual(Stream stream)
    {
        if (options.Certificate is not null && stream is SslStream { IsMutuallyAuthenticated: false } tls && IsEdge(tls))
        {
            var issuer = tls.RemoteCertificate is { } shown ? PlainName(shown.Issuer) : "nobody";
            throw new LinkConnectException(
                $"{options.Edge.Authority}: something on the way opened TLS: whoever answered showed a certificate for {options.Edge.Host} issued by '{issuer}', and did not ask for the link certificate, as the edge does. {DialErrors.Exempt(options)}")
            { Fault = LinkConnectFault.Intercepted };
        }

        return stream;
    }

    private bool IsEdge(SslStream? stream) =>
        stream is null || string.Equals(stream.TargetHostName, options.Edge.IdnHost, StringComparison.OrdinalIgnoreCase);

    private static string NamesOf(X509Certificate2 certificate) =>
        string.Join(", ", certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateDnsNames())
            .DefaultIfEmpty(certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false)));

    /// <summary>Written by a stranger: it must not move a cursor or fill a log.</summary>
    private static string PlainName(string name)
    {
        const int Longest = 200;
        var plain = string.Concat(name.Select(c => char.IsControl(c) ? ' ' : c));
        return plain.Length > Longest ? plain[..Longest] + "…" : plain;
    }
}
