using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Live;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace McpTunnel.Edge.Ingress.OwnNames;

/// <summary>
/// TLS of the edge's own names: the live certificate, and for <c>link.</c> a client certificate of the tunnel CA. Nothing is built
/// for a handshake: the settings are made once for each certificate. Thread-safe.
/// </summary>
internal sealed class OwnNameTls(EdgeNames names, CertificateSource certificate, X509Certificate2 tunnelAuthority)
{
    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    private volatile Settings? _settings;

    /// <summary>For Kestrel's <c>UseHttps</c>.</summary>
    public TlsHandshakeCallbackOptions KestrelOptions => new() { OnConnection = context => new(Choose(context.ClientHelloInfo.ServerName)) };

    internal SslServerAuthenticationOptions Choose(string serverName)
    {
        var context = certificate.Context;
        var settings = _settings;
        if (settings is null || !ReferenceEquals(settings.Certificate, context))
        {
            settings = new Settings(context, ForApi(context), ForLinks(context));
            _settings = settings;
        }

        return string.Equals(serverName, names.Link, StringComparison.OrdinalIgnoreCase) ? settings.Links : settings.Api;
    }

    /// <summary>For links over QUIC: null for a name that they do not come to. A client that dials an address sends none (RFC 6066 section 3).</summary>
    internal SslServerAuthenticationOptions? ChooseForQuic(string serverName)
    {
        if (serverName.Length > 0 && !string.Equals(serverName, names.Link, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var tls = ForLinks(certificate.Context);
        tls.EnabledSslProtocols = SslProtocols.Tls13;

        // The runtime compares a client's certificate with the name that the client asked for, which is the edge's own.
        tls.RemoteCertificateValidationCallback = (_, shown, chain, errors) => IsAcceptable(shown, chain, errors & ~SslPolicyErrors.RemoteCertificateNameMismatch);
        return tls;
    }

    private static SslServerAuthenticationOptions ForApi(SslStreamCertificateContext context) => new()
    {
        ServerCertificateContext = context,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        ClientCertificateRequired = false,
    };

    private SslServerAuthenticationOptions ForLinks(SslStreamCertificateContext context) => new()
    {
        ServerCertificateContext = context,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,

        // The upgrade that makes a link is HTTP/1.1's.
        ApplicationProtocols = [SslApplicationProtocol.Http11],
        ClientCertificateRequired = true,

        // The platform shares one TLS context among connections only where sessions may be resumed; without, each link has one of its own, which is a good part of its memory
        // and of its handshake. A resumed session has the certificate of the handshake that it continues, which is judged again, here and when it asks for the link.
        AllowTlsResume = true,
        CertificateChainPolicy = ChainPolicy(),
        RemoteCertificateValidationCallback = (_, shown, chain, errors) => IsAcceptable(shown, chain, errors),
    };

    /// <summary>
    /// An expired certificate of ours passes here, so that the client is told that it expired, by name and with the remedy, when it
    /// asks for the link; TLS could only say that something is wrong.
    /// </summary>
    private static bool IsAcceptable(X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors) =>
        shown is not null
        && (errors == SslPolicyErrors.None
            || (errors == SslPolicyErrors.RemoteCertificateChainErrors
                && chain is not null
                && chain.ChainStatus.All(status => status.Status == X509ChainStatusFlags.NotTimeValid)));

    private X509ChainPolicy ChainPolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,

            // A handshake must never wait for somebody else's server.
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.Add(tunnelAuthority);
        policy.ApplicationPolicy.Add(ClientAuthentication);
        return policy;
    }

    private sealed record Settings(SslStreamCertificateContext Certificate, SslServerAuthenticationOptions Api, SslServerAuthenticationOptions Links);
}
