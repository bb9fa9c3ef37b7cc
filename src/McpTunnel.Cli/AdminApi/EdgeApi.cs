using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using McpTunnel.Cli.Shell;
using McpTunnel.Client.Enrolment;
using McpTunnel.Protocol.Control;

namespace McpTunnel.Cli.AdminApi;

/// <summary>
/// Calls the edge's admin API, the only way in which the command line changes an edge. Refusals come back as problem documents and leave
/// as <see cref="CliException"/>.
/// </summary>
internal sealed class EdgeApi : IDisposable
{
    /// <summary>A call that takes longer is not going to work: the API answers from a local database.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Longer than any list the API pages out; a bound on what a wrong address may send.</summary>
    private const long MaxResponseBytes = 16 * 1024 * 1024;

    private readonly HttpClient _http;
    private readonly Uri _edge;
    private readonly StartPatience? _patience;
    private readonly LeavingEdge? _leaving;

    /// <param name="connection">How the edge is reached.</param>
    /// <param name="adminKey">Sent with every request.</param>
    /// <param name="patience">With an edge on this machine that may just be starting; null to fail at once.</param>
    public EdgeApi(EdgeConnection connection, Secret adminKey, StartPatience? patience = null)
    {
        _patience = patience;
        _leaving = connection.Management is { } management ? new LeavingEdge(management) : null;
        _edge = connection.Edge;
        _http = new HttpClient(EdgeHandler.Create(connection.Authorities, connection.ConnectTo))
        {
            BaseAddress = connection.Edge,
            Timeout = Patience,
            MaxResponseContentBufferSize = MaxResponseBytes,
        };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", adminKey.Reveal());
    }

    public Task<T> GetAsync<T>(string path, CancellationToken cancellationToken) => SendAsync<T>(HttpMethod.Get, path, null, cancellationToken);

    public Task<T> PostAsync<T>(string path, object? body, CancellationToken cancellationToken) =>
        SendAsync<T>(HttpMethod.Post, path, body, cancellationToken);

    public void Dispose()
    {
        _http.Dispose();
        _leaving?.Dispose();
    }

    /// <summary>Only what was refused before it was sent is tried again.</summary>
    private Task<T> SendAsync<T>(HttpMethod method, string path, object? body, CancellationToken cancellationToken) => _patience is null
        ? SendOnceAsync<T>(method, path, body, cancellationToken)
        : _patience.TryAsync(
            () => SendUnlessLeavingAsync<T>(method, path, body, cancellationToken), _ => false, "The edge on this machine does not listen yet.", cancellationToken);

    /// <summary>An edge that leaves has closed its port, and would be waited for in vain.</summary>
    private async Task<T> SendUnlessLeavingAsync<T>(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        try
        {
            return await SendOnceAsync<T>(method, path, body, cancellationToken);
        }
        catch (CliException e) when (e.Code == ExitCode.Unreachable && _leaving is not null)
        {
            if (await _leaving.ReadAsync(cancellationToken) is { } why)
            {
                throw new CliException(ExitCode.Unreachable, "The edge is stopping: it takes no calls of its API any more.", Place(path), why);
            }

            throw;
        }
    }

    private async Task<T> SendOnceAsync<T>(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = JsonContent.Create(body);
        }

        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                throw await RefusalAsync(response, cancellationToken);
            }

            return await response.Content.ReadFromJsonAsync<T>(PlainText.Reading, cancellationToken) ?? throw new JsonException();
        }
        catch (JsonException e)
        {
            throw new CliException(ExitCode.Failed, "The answer is not one of an edge.", Place(path), "Check that --edge names the edge's own domain and port.", e);
        }
        catch (TaskCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CliException(
                ExitCode.Unreachable, $"The edge did not answer within {Patience.TotalSeconds:0} s.", Place(path), "Check the address, and that the edge is running.", e);
        }
        catch (HttpRequestException e)
        {
            throw new CliException(ExitCode.Unreachable, Explain(e), Place(path), Remedy(e), e);
        }
    }

    private async Task<CliException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var exit = status is 429 or >= 500 ? ExitCode.Unreachable : ExitCode.Refused;
        try
        {
            if (await response.Content.ReadFromJsonAsync<Problem>(PlainText.Reading, cancellationToken) is { Title: not null } problem)
            {
                return new CliException(exit, problem.Title, $"{_edge.Authority} answered {status}", problem.Detail) { Refusal = problem.Code };
            }
        }
        catch (JsonException)
        {
            // Not a problem document: said below.
        }

        return new CliException(
            exit,
            $"The edge answered {status} {response.ReasonPhrase}.",
            Place(response.RequestMessage?.RequestUri?.AbsolutePath ?? ""),
            "Check that --edge names the edge's own domain and port.");
    }

    private string Place(string path) => new Uri(_edge, path).AbsoluteUri;

    private static string Explain(HttpRequestException e) => (e.HttpRequestError, e.InnerException) switch
    {
        (HttpRequestError.NameResolutionError, _) => "The edge's name does not resolve.",
        (_, SocketException { SocketErrorCode: SocketError.ConnectionRefused }) => "The connection was refused.",
        (HttpRequestError.SecureConnectionError, { } inner) => $"TLS with the edge failed: {inner.Message}",
        _ => e.Message,
    };

    private static string Remedy(HttpRequestException e) => e.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "Check the name and this machine's DNS, or name the address with --connect HOST:PORT.",
        HttpRequestError.SecureConnectionError => "If the edge's certificate comes from a private CA, name that CA's file with --ca-file.",
        _ => "Check the address and the port, and that the edge is running.",
    };

    /// <summary>RFC 9457, with the product's own member.</summary>
    private sealed record Problem(string? Title, string? Detail, string? Code);
}
