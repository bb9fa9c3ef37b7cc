using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using McpTunnel.Protocol.Codes;

namespace McpTunnel.Client.Enrolment;

/// <summary>
/// Calls <c>POST /v1/enroll</c> of an edge, through the system's proxy where one is set. <see cref="CallAsync"/> is what
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
    private readonly CertificateWitness _witness = new();

    /// <param name="edge">The edge: <c>https://tunnel.example.com[:port]</c>.</param>
    /// <param name="authorities">The authorities that may have issued the edge's certificate; null for the system's.</param>
    /// <param name="connectTo">Dial this address in place of the name's own; null for DNS.</param>
    /// <exception cref="EnrolmentException">The address is not of that form.</exception>
    public EnrolmentHttp(Uri edge, X509Certificate2Collection? authorities = null, EndPoint? connectTo = null)
    {
        if (!edge.IsAbsoluteUri || edge.Scheme != Uri.UriSchemeHttps || edge.PathAndQuery != "/" || edge.UserInfo.Length > 0)
        {
            throw new EnrolmentException(EnrolmentFault.AddressInvalid, $"'{edge}' is not the address of an edge. Write https:// and its domain, with a port if it is not 443.");
        }

        _edge = edge;
        _http = new HttpClient(Handler(authorities, connectTo)) { BaseAddress = edge, Timeout = Patience, MaxResponseContentBufferSize = MaxAnswerBytes };
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
            throw Unreachable($"{_edge.Authority} did not answer within {Patience.TotalSeconds:0} s. Check the address, the network, and that the edge is running.", exception);
        }
        catch (HttpRequestException exception)
        {
            throw Explain(exception);
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
            throw new EnrolmentException(EnrolmentFault.AnswerInvalid, $"What {_edge.Authority} answered is not an enrolment. Check that the address is an edge's own domain.", exception);
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
            EnrolmentFault.AnswerInvalid, $"{_edge.Authority} answered {(int)response.StatusCode}, not as an edge does. Check that the address is an edge's own domain, and what proxy is on the way.");
    }

    private EnrolmentException Explain(HttpRequestException exception) => exception switch
    {
        _ when _witness.Describe(_edge.Host) is { } seen => new EnrolmentException(seen.Fault, seen.Text, exception),
        { HttpRequestError: HttpRequestError.NameResolutionError } => Unreachable($"The name {_edge.Host} does not resolve. Check it, and this machine's DNS.", exception),
        { InnerException: SocketException socket } => Unreachable($"No connection to {_edge.Authority}: {socket.Message}. Check the address, the port, and that the network lets TCP {_edge.Port} out.", exception),
        { HttpRequestError: HttpRequestError.SecureConnectionError } => new EnrolmentException(
            EnrolmentFault.TlsFailed, $"TLS with {_edge.Authority} failed: {exception.InnerException?.Message ?? exception.Message} Check that the port is the edge's, and what is on the way.", exception),
        { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded or HttpRequestError.InvalidResponse } => new EnrolmentException(
            EnrolmentFault.AnswerInvalid, $"What {_edge.Authority} answered is not an enrolment. Check that the address is an edge's own domain.", exception),
        _ => Unreachable($"The call to {_edge.Authority} failed: {exception.Message}", exception),
    };

    private static EnrolmentException Unreachable(string message, Exception exception) =>
        new(EnrolmentFault.Unreachable, message, exception) { IsRetryable = true };

    private SocketsHttpHandler Handler(X509Certificate2Collection? authorities, EndPoint? connectTo)
    {
        var handler = EdgeHandler.Create(authorities, connectTo);
        handler.SslOptions.RemoteCertificateValidationCallback = _witness.Judge;
        return handler;
    }
}
