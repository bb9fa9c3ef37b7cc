using System.Net;
using McpTunnel.Transport.Dialing;
using McpTunnel.Transport.Handshake;

namespace McpTunnel.Transport.Tls;

/// <summary>Dials links of the tls carrier. Thread-safe; one dialer serves all links of a client.</summary>
public sealed class TlsLinkDialer(LinkDialOptions options, TimeProvider time) : ILinkDialer
{
    public Carrier Carrier => Carrier.Tls;

    /// <inheritdoc/>
    public Task<ILink> DialAsync(LinkHello hello, CancellationToken cancellationToken) =>
        UpgradeDial.RunAsync(Carrier, options, time, hello, UpgradeAsync, cancellationToken);

    private async Task<Stream> UpgradeAsync(HttpMessageInvoker http, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(options.Edge, TlsCarrier.Path))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd(TlsCarrier.UpgradeToken);
        var response = await http.SendAsync(request, cancellationToken);
        return await response.Content.ReadAsStreamAsync(cancellationToken);
    }
}
