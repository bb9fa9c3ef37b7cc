using System.Collections.Frozen;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;

namespace McpTunnel.Client.Hosting;

/// <summary>The server certificates of one configuration, chosen by the name in the TLS handshake. Immutable and thread-safe.</summary>
/// <param name="byHost">A certificate for each server's public name.</param>
internal sealed class CertificateSet(IReadOnlyDictionary<string, ServedCertificate> byHost)
{
    // One object for each certificate: TLS sessions are resumed only under the same one.
    private static readonly ConditionalWeakTable<SslStreamCertificateContext, SslServerAuthenticationOptions> Options = [];

    private readonly FrozenDictionary<string, ServedCertificate> _byHost = byHost.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyDictionary<string, ServedCertificate> ByHost => _byHost;

    /// <exception cref="AuthenticationException">No server has this name: the handshake fails.</exception>
    public SslServerAuthenticationOptions Select(string? serverName) =>
        serverName is not null && _byHost.TryGetValue(serverName, out var served)
            ? Options.GetValue(served.Source.Context, NewOptions)
            : throw new AuthenticationException("No server of this client has the name in the TLS handshake.");

    private static SslServerAuthenticationOptions NewOptions(SslStreamCertificateContext context) => new()
    {
        ServerCertificateContext = context,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        ClientCertificateRequired = false,
        AllowRenegotiation = false,
    };
}
