using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace McpTunnel.Transport.Dialing;

/// <summary>
/// Says of a dial that failed how far it got and what to do. The framework's text is left out where a proxy is concerned: it quotes the proxy's
/// URL, which may carry a password when it comes from the environment.
/// </summary>
internal sealed class DialErrors(LinkDialOptions options, PeerCertificates certificates, DialProxy? proxy)
{
    private Uri Edge => options.Edge;

    /// <summary>What to do about something on the way that opens TLS.</summary>
    public static string Exempt(LinkDialOptions options)
    {
        var host = $"{options.Edge.Host}:{options.Edge.Port}";
        return options.Certificate is null
            ? $"It would read the tunnel token. Have {host} exempted from TLS inspection."
            : $"A link cannot pass it: both sides of a link show certificates, and the one on the way cannot show this client's. Have {host} exempted from TLS inspection.";
    }

    public LinkConnectException Explain(HttpRequestException error)
    {
        for (Exception? inner = error; inner is not null; inner = inner.InnerException)
        {
            if (inner is LinkConnectException explained)
            {
                return explained;
            }
        }

        var (fault, text) = certificates.Refused is { } refused
            ? ExplainCertificate(refused)
            : IsCutOff(error) ? ExplainCutOff()
            : proxy is null ? ExplainDirect(error) : ExplainProxied(error, proxy);
        return new LinkConnectException($"{Edge.Authority}: {text}", proxy is null ? error : null) { Fault = fault };
    }

    /// <summary>What was wrong with the certificate shown, when one was refused.</summary>
    public LinkConnectException? ExplainRefused(Exception error)
    {
        if (certificates.Refused is not { } refused)
        {
            return null;
        }

        var (fault, text) = ExplainCertificate(refused);
        return new LinkConnectException($"{Edge.Authority}: {text}", error) { Fault = fault };
    }

    /// <param name="error">The end of the wait.</param>
    /// <param name="connected">Whether TCP connected.</param>
    public LinkConnectException TimedOut(OperationCanceledException error, bool connected)
    {
        var seconds = options.ConnectTimeout.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
        return proxy is null && connected
            ? new LinkConnectException(
                $"{Edge.Authority}: TCP connected, but there was no answer within {seconds} s. Either the edge is overloaded, or packets of full size are lost on the way (MTU).", error)
            { Fault = LinkConnectFault.Unreachable }
            : proxy is null
            ? new LinkConnectException($"{Edge.Authority}: no connection within {seconds} s. {NoAnswer}", error) { Fault = LinkConnectFault.Unreachable }
            : new LinkConnectException(
                $"{Edge.Authority}: no connection within {seconds} s through the proxy {proxy.Name}. Is the proxy reachable from here, and may it reach {Target}?", error)
            { Fault = LinkConnectFault.ProxyUnreachable };
    }

    /// <summary>The answer to a proxy's challenge could not be made.</summary>
    public LinkConnectException BadChallenge(ArgumentException error, DialProxy through) => new(
        $"{Edge.Authority}: the proxy {through.Name} wants credentials (407, {string.Join(", ", through.Wanted)}) and does not go on with what it began. Name another scheme with {options.Words.ProxyScheme}, or have the proxy's own log looked at.", error)
    {
        Fault = LinkConnectFault.ProxyAuthentication,
    };

    private string NoAnswer => $"Is outbound TCP {Edge.Port} open from here? Where the way out is a proxy, name it with {options.Words.Proxy} or HTTPS_PROXY.";

    private string Target => options.ConnectTo switch
    {
        DnsEndPoint dns => $"{dns.Host}:{dns.Port}",
        { } address => address.ToString()!,
        null => $"{Edge.Host}:{Edge.Port}",
    };

    private (LinkConnectFault Fault, string Text) ExplainCertificate(RefusedCertificate refused)
    {
        if (!refused.OfEdge)
        {
            return (
                LinkConnectFault.ProxyUnreachable,
                $"the own certificate of the proxy {proxy?.Name}, issued by '{refused.Issuer}' for {refused.Names}, is not trusted ({refused.Errors}). Add its CA to this system's store, or speak to the proxy over http.");
        }

        if (refused.Errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            return (LinkConnectFault.TlsFailed, "whoever answered showed no certificate. Is this address the edge's?");
        }

        if (refused.Errors == SslPolicyErrors.RemoteCertificateNameMismatch)
        {
            return (
                LinkConnectFault.NameMismatch,
                $"the certificate shown is for {refused.Names}. Use the edge's own domain, or have its certificate name {Edge.Host}.");
        }

        if (refused.OnlyTime)
        {
            return (
                LinkConnectFault.CertificateNotTrusted,
                "the edge's certificate is expired or not valid yet. Check this machine's clock; otherwise the edge's operator has to renew it.");
        }

        if (!refused.UnknownAuthority)
        {
            return (LinkConnectFault.CertificateNotTrusted, $"the certificate shown, issued by '{refused.Issuer}', is not good ({refused.Errors}, {refused.Chain}).");
        }

        return options.TrustedAuthorities is null
            ? (LinkConnectFault.CertificateNotTrusted,
                $"the certificate shown was issued by '{refused.Issuer}', which this system does not trust. If that is the edge's own CA, name its file with {options.Words.AuthoritiesFile}. If it is a proxy's, something on the way opened TLS. {Exempt(options)}")
            : (LinkConnectFault.Intercepted,
                $"the certificate shown was issued by '{refused.Issuer}'{(refused.SystemTrusts ? ", which this system trusts," : "")} and by none of the CAs of {options.Words.AuthoritiesFile}. If the edge has a new CA, add it to that file. If the file is up to date, something on the way opened TLS. {Exempt(options)}");
    }

    private (LinkConnectFault Fault, string Text) ExplainProxied(HttpRequestException error, DialProxy through) => (error.HttpRequestError, error.StatusCode) switch
    {
        (HttpRequestError.NameResolutionError, _) => (
            LinkConnectFault.ProxyUnreachable, $"the name of the proxy {through.Name} does not resolve. Check the proxy's address and this machine's DNS."),
        (_, HttpStatusCode.ProxyAuthenticationRequired) => (LinkConnectFault.ProxyAuthentication, ExplainAuthentication(through)),
        (HttpRequestError.ProxyTunnelError, HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout) => (
            LinkConnectFault.ProxyRefused, $"the proxy {through.Name} answered {(int)error.StatusCode!}: it could not reach {Target}. Check that it resolves the name and may connect out to that port."),
        (HttpRequestError.ProxyTunnelError, { } status) => (
            LinkConnectFault.ProxyRefused, $"the proxy {through.Name} answered {(int)status} to CONNECT {Target}. Have that host and port allowed there."),
        (HttpRequestError.ConnectionError, _) when FindSocketError(error) is { } socket => (
            LinkConnectFault.ProxyUnreachable, $"no connection to the proxy {through.Name}: {socket.Message}. Check {options.Words.Proxy} or HTTPS_PROXY, and that the proxy runs."),
        (HttpRequestError.SecureConnectionError, _) => (
            LinkConnectFault.TlsFailed, $"TLS through the proxy {through.Name} failed ({error.GetBaseException().Message}). Something on the way may open TLS. {Exempt(options)}"),
        (HttpRequestError.UserAuthenticationError, _) => (LinkConnectFault.ProxyAuthentication, ExplainAuthentication(through)),
        _ => (
            LinkConnectFault.Other,
            $"the connection through the proxy {through.Name} ended before the edge answered ({error.HttpRequestError}). A proxy that drops it says so in its log; an edge ends it so for a link certificate that it does not know."),
    };

    private string ExplainAuthentication(DialProxy through)
    {
        var schemes = string.Join(", ", through.Wanted);
        return through switch
        {
            { Wanted.Count: 0 } => $"the proxy {through.Name} wants credentials (407) by a scheme that this program does not speak; it speaks Basic, Digest, NTLM and Negotiate.",
            { Answered: true } => $"the proxy {through.Name} does not accept the credentials (407, {schemes}). Check user and password in the file of {options.Words.ProxyCredentials}; or name another scheme with {options.Words.ProxyScheme}.",
            _ => $"the proxy {through.Name} wants credentials (407, {schemes}). Write user:password into a file of mode 600 and name it with {options.Words.ProxyCredentials}.",
        };
    }

    private (LinkConnectFault Fault, string Text) ExplainDirect(HttpRequestException error) => (error.HttpRequestError, error.InnerException) switch
    {
        (HttpRequestError.NameResolutionError, _) => (
            LinkConnectFault.NameNotResolved, "the name does not resolve. Check the edge's address and this machine's DNS."),
        (HttpRequestError.ConnectionError, SocketException { SocketErrorCode: SocketError.ConnectionRefused }) => (
            LinkConnectFault.Unreachable, "the connection was refused. Is the edge running there?"),
        (HttpRequestError.ConnectionError, SocketException { SocketErrorCode: SocketError.TimedOut or SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.AccessDenied } silent) => (
            LinkConnectFault.Unreachable, $"no connection: {silent.Message}. {NoAnswer}"),
        (HttpRequestError.ConnectionError, SocketException socket) => (LinkConnectFault.Unreachable, $"no connection: {socket.Message}."),
        (HttpRequestError.SecureConnectionError, { } tls) => (
            LinkConnectFault.TlsFailed, $"whoever answered ended the TLS handshake ({tls.GetBaseException().Message}). Is {Edge.Host} the edge's own domain, and this its address?"),
        (_, { } inner) => (LinkConnectFault.Other, $"{error.Message} {inner.Message}"),
        _ => (LinkConnectFault.Other, error.Message),
    };

    /// <summary>The edge's certificate was good, and then the connection ended without an answer.</summary>
    private bool IsCutOff(HttpRequestException error) =>
        options.Certificate is not null && certificates.AcceptedEdge
        && (error.HttpRequestError == HttpRequestError.ResponseEnded || FindSocketError(error)?.SocketErrorCode == SocketError.ConnectionReset);

    private (LinkConnectFault Fault, string Text) ExplainCutOff() => (
        LinkConnectFault.Other,
        $"whoever answered showed the certificate of {Edge.Host} and ended the connection without an answer. Either the edge does not accept the link certificate, as when it is of another edge or the edge was set up anew ('mcptunnel client enroll' makes a new one), or something on the way does not let the request pass. An edge that stops at that moment looks the same, and passes.");

    private static SocketException? FindSocketError(Exception error)
    {
        for (var inner = error.InnerException; inner is not null; inner = inner.InnerException)
        {
            if (inner is SocketException socket)
            {
                return socket;
            }
        }

        return null;
    }
}
