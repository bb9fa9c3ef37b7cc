using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Files;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Enrolment;
using McpTunnel.Client.Linking;
using McpTunnel.Protocol.Control;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;
using McpTunnel.Transport.Tls;

namespace McpTunnel.Client.Hosting;

/// <summary>
/// Dials links with the credentials of the state directory. They are read again for each link, so that a rotated token or a
/// renewed certificate is used without a restart.
/// </summary>
internal sealed class LinkStarter(ClientOptions options, EnrolmentRecord enrolment, Func<IReadOnlyList<string>> servers, TimeProvider time)
{
    /// <summary>This process's name towards the edge: new at each start, so that a restarted client never waits for its predecessor.</summary>
    public string Instance { get; } = "ins_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    /// <summary>Links are HTTPS requests to this address.</summary>
    public Uri Edge { get; } = new UriBuilder(options.Edge) { Host = "link." + options.Edge.Host }.Uri;

    /// <summary>Name and version, as the edge shows them.</summary>
    public static string Software { get; } = $"mcptunnel/{typeof(LinkStarter).Assembly.GetName().Version?.ToString(3)}";

    public LinkSupervisorOptions SupervisorOptions => new() { Links = options.Links.Count, LongestWait = options.Links.LongestWait };

    /// <summary>Brings up one link.</summary>
    /// <exception cref="LinkConnectException">The edge was not reached, or the credentials cannot be read at the moment.</exception>
    /// <exception cref="LinkRefusedException">The edge said no.</exception>
    public async Task<ILink> DialAsync(int index, long generation, CancellationToken cancellationToken)
    {
        try
        {
            var token = await GuardedFile.ReadSecretAsync(ClientPaths.Token(options.StateDirectory), cancellationToken);
            using var identity = await KeyedCertificate.LoadAsync(
                ClientPaths.LinkCertificate(options.StateDirectory), ClientPaths.LinkKey(options.StateDirectory), cancellationToken);
            var dialer = new TlsLinkDialer(
                new LinkDialOptions
                {
                    Edge = Edge,
                    Certificate = identity.ToCertificate(),
                    TrustedAuthorities = await ReadAuthoritiesAsync(cancellationToken),
                    ConnectTo = ConnectTo(),
                    ConnectTimeout = options.Links.ConnectTimeout,
                    Proxy = options.EdgeEndPoint is null ? HttpClient.DefaultProxy : null,
                },
                time);
            var hello = new LinkHello(enrolment.Tunnel, new Secret(token.Reveal()), Instance, index, generation, Software, servers());
            return await dialer.DialAsync(hello, cancellationToken);
        }
        catch (McpTunnel.Certificates.CertificateException exception)
        {
            throw new LinkConnectException(exception.Message, exception);
        }
    }

    private async Task<X509Certificate2Collection?> ReadAuthoritiesAsync(CancellationToken cancellationToken) =>
        options.EdgeCaFile is { } path ? [.. await CertificateFile.ReadChainAsync(path, cancellationToken)] : null;

    private EndPoint? ConnectTo() =>
        options.EdgeEndPoint is not { } endPoint ? null
        : endPoint.TryGetIPEndPoint(out var address) ? address
        : new DnsEndPoint(endPoint.Host, endPoint.Port);
}
