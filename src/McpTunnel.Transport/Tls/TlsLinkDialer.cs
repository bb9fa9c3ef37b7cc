using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using McpTunnel.Protocol.Codes;
using McpTunnel.Transport.Handshake;

namespace McpTunnel.Transport.Tls;

/// <summary>
/// Dials links of the tls carrier through <see cref="SocketsHttpHandler"/>, so that names, proxies and TLS are the framework's. Thread-safe; one
/// dialer serves all links of a client.
/// </summary>
public sealed class TlsLinkDialer(LinkDialOptions options, TimeProvider time) : ILinkDialer
{
    private const int MaxProblemBytes = 16 * 1024;

    public Carrier Carrier => Carrier.Tls;

    /// <inheritdoc/>
    public async Task<ILink> DialAsync(LinkHello hello, CancellationToken cancellationToken)
    {
        // One handler for one connection: its pool has nothing to reuse, and disposing it with the link leaves nothing behind.
        var handler = NewHandler();
        try
        {
            var carrier = await UpgradeAsync(handler, cancellationToken);
            var link = await ClientHandshake.RunAsync(carrier, Carrier, hello, options.Link, time, cancellationToken);

            // What the caller does with it does not belong on the thread that reads the carrier.
            await Task.Yield();
            _ = link.Closed.ContinueWith(
                static (_, state) => ((SocketsHttpHandler)state!).Dispose(), handler, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            return link;
        }
        catch
        {
            handler.Dispose();
            throw;
        }
    }

    private async Task<Stream> UpgradeAsync(SocketsHttpHandler handler, CancellationToken cancellationToken)
    {
        using var invoker = new HttpMessageInvoker(handler, disposeHandler: false);
        using var limit = new CancellationTokenSource(options.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(options.Edge, TlsCarrier.Path))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Connection.Add("Upgrade");
        request.Headers.Upgrade.ParseAdd(TlsCarrier.UpgradeToken);
        try
        {
            var response = await invoker.SendAsync(request, either.Token);
            if (response.StatusCode != HttpStatusCode.SwitchingProtocols)
            {
                using (response)
                {
                    throw await ReadRefusalAsync(response, either.Token);
                }
            }

            return await response.Content.ReadAsStreamAsync(either.Token);
        }
        catch (HttpRequestException e)
        {
            throw new LinkConnectException($"{options.Edge.Authority}: {Explain(e)}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LinkConnectException(
                $"{options.Edge.Authority}: no connection within {options.ConnectTimeout.TotalSeconds:0} s. Is outbound TCP {options.Edge.Port} open from here?", e);
        }
    }

    private SocketsHttpHandler NewHandler()
    {
        var tls = new SslClientAuthenticationOptions
        {
            ClientCertificateContext = SslStreamCertificateContext.Create(options.Certificate, additionalCertificates: null, offline: true),
        };
        if (options.TrustedAuthorities is { } trusted)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(trusted);
        }

        return new SocketsHttpHandler
        {
            SslOptions = tls,
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectCallback = ConnectAsync,
        };
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            TlsCarrier.Prepare(socket, options.Link.DeadAfter);
            await socket.ConnectAsync(options.ConnectTo ?? context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Reads the edge's problem document, with a bound; anything else that answers is not an edge.</summary>
    private async Task<Exception> ReadRefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxProblemBytes, cancellationToken);
            var problem = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
            if (problem.ValueKind == JsonValueKind.Object && problem.TryGetProperty("code", out var code) && code.GetString() is { } name)
            {
                var retryable = TunnelCodes.TryParse(name, out var info) ? info.Retryable : (int)response.StatusCode >= 500;
                var detail = problem.TryGetProperty("detail", out var text) ? text.GetString() ?? "" : "";
                return new LinkRefusedException(name, retryable, response.Headers.RetryAfter?.Delta, detail);
            }
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or InvalidOperationException)
        {
            // Not a problem document: said below.
        }

        return new LinkConnectException(
            $"{options.Edge.Authority}: answered HTTP {(int)response.StatusCode} in place of a link. Is this address the edge's, and does a proxy on the way let upgrades pass?");
    }

    private static string Explain(HttpRequestException e) => (e.HttpRequestError, e.InnerException) switch
    {
        (HttpRequestError.NameResolutionError, _) => "the name does not resolve. Check the edge's address and this machine's DNS.",
        (HttpRequestError.ConnectionError, SocketException { SocketErrorCode: SocketError.ConnectionRefused }) =>
            "the connection was refused. Is the edge running there?",
        (HttpRequestError.SecureConnectionError, AuthenticationException tls) =>
            $"TLS failed: {tls.Message} If the edge's certificate comes from a private CA, name that CA's file in the configuration.",
        (HttpRequestError.ProxyTunnelError, _) => $"the proxy did not let the connection through: {e.Message}",
        (_, { } inner) => $"{e.Message} {inner.Message}",
        _ => e.Message,
    };
}
