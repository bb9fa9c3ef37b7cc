using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using McpTunnel.Protocol.Codes;
using McpTunnel.Transport;
using McpTunnel.Transport.Dialing;

namespace McpTunnel.Client.Enrolment;

/// <summary>
/// Calls <c>POST /v1/enroll</c> of an edge. <see cref="CallAsync"/> is what
/// <see cref="Enroller"/> asks for.
/// </summary>
public sealed class EnrolmentHttp : IDisposable
{
    /// <summary>A signature and a row: seconds at most. Longer is a network that does not work.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>An answer is below 8 KiB; this bounds what a wrong address may send.</summary>
    private const int MaxAnswerBytes = 256 * 1024;

    private readonly Uri _edge;
    private readonly HttpClient _http;

    /// <param name="edge">The edge: <c>https://tunnel.example.com[:port]</c>.</param>
    /// <param name="authorities">The authorities that may have issued the edge's certificate; null for the system's.</param>
    /// <param name="connectTo">Dial this address in place of the name's own; null for DNS.</param>
    /// <param name="proxy">The proxy to go through; null for none.</param>
    /// <exception cref="EnrolmentException">The address is not of that form.</exception>
    public EnrolmentHttp(Uri edge, X509Certificate2Collection? authorities = null, EndPoint? connectTo = null, IWebProxy? proxy = null)
    {
        if (!edge.IsAbsoluteUri || edge.Scheme != Uri.UriSchemeHttps || edge.PathAndQuery != "/" || edge.UserInfo.Length > 0)
        {
            throw new EnrolmentException(EnrolmentFault.AddressInvalid, $"'{edge}' is not the address of an edge.") { Remedy = "Write https:// and its domain, with a port if it is not 443." };
        }

        _edge = edge;
        var dial = new LinkDialOptions
        {
            Edge = edge,
            Certificate = null,
            TrustedAuthorities = authorities,
            ConnectTo = connectTo,
            Proxy = proxy,
            ConnectTimeout = Patience,
            Words = DialWords.Command,
        };
        _http = new HttpClient(new DialHandler(dial, TimeProvider.System)) { BaseAddress = edge, Timeout = Patience * 2, MaxResponseContentBufferSize = MaxAnswerBytes };
    }

    /// <summary>Sends the call.</summary>
    /// <exception cref="EnrolmentException">Not reached, not trusted, refused, or not an edge.</exception>
    public async Task<EnrolmentAnswer> CallAsync(EnrolmentCall call, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new EnrolmentBody(call.Token.Reveal(), call.Csr), EnrolmentJson.Default.EnrolmentBody);
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        try
        {
            using var response = await _http.PostAsync(new Uri("/v1/enroll", UriKind.Relative), content, cancellationToken);
            var answer = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            return response.IsSuccessStatusCode ? Read(answer) : throw Refusal(response, answer);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unreachable($"{_edge.Authority} did not answer within {2 * Patience.TotalSeconds:0} s.", exception);
        }
        catch (HttpRequestException exception)
        {
            // It began to answer.
            throw exception.HttpRequestError is HttpRequestError.ConfigurationLimitExceeded or HttpRequestError.InvalidResponse
                ? NoEnrolment(exception)
                : Unreachable($"{_edge.Authority} ended the connection before its answer was complete.", exception);
        }
        catch (LinkConnectException exception)
        {
            throw Translate(exception);
        }
    }

    public void Dispose() => _http.Dispose();

    private EnrolmentAnswer Read(byte[] answer)
    {
        try
        {
            return JsonSerializer.Deserialize(answer, EnrolmentJson.Default.EnrolmentAnswer) is { Tunnel.Length: > 0, Label.Length: > 0, Domain.Length: > 0, Certificate.Length: > 0 } read
                ? read
                : throw new JsonException();
        }
        catch (JsonException exception)
        {
            throw NoEnrolment(exception);
        }
    }

    private EnrolmentException Refusal(HttpResponseMessage response, byte[] answer)
    {
        try
        {
            if (JsonSerializer.Deserialize(answer, EnrolmentJson.Default.EnrolmentProblem) is { Code: { } code, Detail: { } detail } problem)
            {
                return new EnrolmentException(EnrolmentFault.Refused, $"{_edge.Authority} refused the enrolment ({code}): {detail}")
                {
                    Where = _edge.Authority,
                    Code = TunnelCodes.TryParse(code, out var info) ? info.Code : null,
                    IsRetryable = problem.Retryable,
                    RetryAfter = response.Headers.RetryAfter?.Delta,
                };
            }
        }
        catch (JsonException)
        {
            // Not a problem document: said below.
        }

        return new EnrolmentException(
            EnrolmentFault.AnswerInvalid, $"{_edge.Authority} answered {(int)response.StatusCode}, not as an edge does.")
        {
            Where = _edge.Authority,
            Remedy = "Check that the address is an edge's own domain, and what proxy is on the way.",
        };
    }

    private EnrolmentException Translate(LinkConnectException exception)
    {
        var (fault, retryable) = exception.Fault switch
        {
            LinkConnectFault.NameMismatch => (EnrolmentFault.NameMismatch, false),
            LinkConnectFault.CertificateNotTrusted or LinkConnectFault.Intercepted => (EnrolmentFault.CertificateNotTrusted, false),
            LinkConnectFault.TlsFailed => (EnrolmentFault.TlsFailed, false),
            LinkConnectFault.ProxyAuthentication or LinkConnectFault.ProxyRefused => (EnrolmentFault.ProxyRefused, false),
            _ => (EnrolmentFault.Unreachable, true),
        };
        return new EnrolmentException(fault, exception.Message, exception) { IsRetryable = retryable, Where = _edge.Authority };
    }

    private EnrolmentException NoEnrolment(Exception exception) =>
        new(EnrolmentFault.AnswerInvalid, $"What {_edge.Authority} answered is not an enrolment.", exception)
        {
            Where = _edge.Authority,
            Remedy = "Check that the address is an edge's own domain.",
        };

    private EnrolmentException Unreachable(string message, Exception exception) =>
        new(EnrolmentFault.Unreachable, message, exception)
        {
            IsRetryable = true,
            Where = _edge.Authority,
            Remedy = "Check the address, the network, and that the edge is running.",
        };
}
