using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Keys;
using McpTunnel.Certificates.Requests;
using McpTunnel.Edge.Admin;
using McpTunnel.Edge.Api;
using McpTunnel.Edge.Enrolment;
using McpTunnel.Edge.Initialization;
using McpTunnel.Protocol.Codes;
using McpTunnel.Registry;
using McpTunnel.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.IntegrationTests.Edge;

/// <summary>
/// Enrolment and administration of an edge over a real Kestrel on loopback, with the state directory that <c>edge init</c> makes. The links
/// are only counted.
/// </summary>
internal sealed class EdgeApi : IAsyncDisposable
{
    public const string Domain = "tunnel.example.com";

    private readonly ScratchDirectory _directory;
    private readonly WebApplication _app;
    private readonly TunnelCa _tunnelCa;

    private EdgeApi(ScratchDirectory directory, WebApplication app, TunnelCa tunnelCa, EdgeRegistry registry, string adminKey, CountedLinks links)
    {
        _directory = directory;
        _app = app;
        _tunnelCa = tunnelCa;
        Registry = registry;
        AdminKey = adminKey;
        Links = links;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public HttpClient Http { get; }

    public EdgeRegistry Registry { get; }

    public string AdminKey { get; }

    public CountedLinks Links { get; }

    public TunnelCa TunnelCa => _tunnelCa;

    public IServiceProvider Services => _app.Services;

    public LinkCredentialChecker Checker => _app.Services.GetRequiredService<LinkCredentialChecker>();

    public string StateDirectory => _directory["state"];

    /// <param name="time">The edge's clock; the system's when null.</param>
    /// <param name="options">Bounds of enrolment; wide when null.</param>
    /// <param name="logs">Where its log goes.</param>
    public static async Task<EdgeApi> StartAsync(TimeProvider? time = null, EnrolmentOptions? options = null, ILoggerProvider? logs = null)
    {
        time ??= TimeProvider.System;
        var directory = new ScratchDirectory();
        var state = directory["state"];
        await EdgeInitializer.InitializeAsync(
            new EdgeInitialization { Domain = Domain, StateDirectory = state }, time, NullLoggerFactory.Instance, CancellationToken.None);
        var registry = await EdgeRegistry.OpenAsync(
            new RegistryOptions { DatabaseFile = Path.Combine(state, EdgeStateFiles.Registry) }, time, NullLoggerFactory.Instance, CancellationToken.None);
        var ca = await TunnelCa.LoadAsync(
            Path.Combine(state, EdgeStateFiles.TunnelCa), Path.Combine(state, EdgeStateFiles.TunnelCaKey), time, CancellationToken.None);
        var links = new CountedLinks();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (logs is not null)
        {
            builder.Logging.AddProvider(logs);
        }

        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton(time);
        builder.Services.AddMetrics();
        builder.Services.AddSingleton<ILiveLinks>(links);
        builder.Services.AddEnrolment(ca, registry, options ?? new EnrolmentOptions { Burst = 1000 });
        builder.Services.AddAdmin(Domain);
        var app = builder.Build();
        app.UseApiProblems();
        app.MapEnrolment();
        app.MapAdmin();
        await app.StartAsync();
        var adminKey = (await File.ReadAllTextAsync(Path.Combine(state, EdgeStateFiles.AdminKey))).Trim();
        return new EdgeApi(directory, app, ca, registry, adminKey, links);
    }

    /// <summary>A signing request with a key of its own.</summary>
    public static string Csr()
    {
        using var key = PrivateKey.Create();
        return SigningRequest.Create(key, "client");
    }

    /// <summary>Sends an admin call with the first administrator's key, or another.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null, string? key = null)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key ?? AdminKey);
        request.Content = body is null ? null : JsonContent.Create(body);
        return Http.SendAsync(request);
    }

    /// <summary>The JSON of an answer that must be a success.</summary>
    public async Task<JsonElement> CallAsync(HttpMethod method, string path, object? body = null)
    {
        using var response = await SendAsync(method, path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.That(response.IsSuccessStatusCode, Is.True, $"{(int)response.StatusCode}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    public async Task<string> CreateTunnelAsync(string label) =>
        (await CallAsync(HttpMethod.Post, "/v1/tunnels", new { label })).GetProperty("id").GetString()!;

    /// <summary>Issues a token. Returns the token and its id.</summary>
    public async Task<(string Token, string Id)> IssueTokenAsync(string tunnel, long? lifetimeSeconds = null, long? overlapSeconds = null)
    {
        var issued = await CallAsync(HttpMethod.Post, $"/v1/tunnels/{tunnel}/tokens", new { lifetimeSeconds, overlapSeconds });
        return (issued.GetProperty("token").GetString()!, issued.GetProperty("record").GetProperty("id").GetString()!);
    }

    public Task<HttpResponseMessage> EnrolAsync(string token, string csr) => Http.PostAsJsonAsync("/v1/enroll", new { token, csr });

    /// <summary>Asserts a problem document with this code and its status. Returns its detail.</summary>
    public static async Task<string> AssertProblemAsync(HttpResponseMessage response, TunnelCode code, int? status = null)
    {
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync();
            Assert.That((int)response.StatusCode, Is.EqualTo(status ?? code.Info().HttpStatus), text);
            Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
            var problem = JsonDocument.Parse(text).RootElement;
            Assert.That(problem.GetProperty("code").GetString(), Is.EqualTo(code.WireName()), text);
            Assert.That(problem.GetProperty("retryable").GetBoolean(), Is.EqualTo(code.Info().Retryable));
            return problem.GetProperty("detail").GetString()!;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        await Registry.DisposeAsync();
        _tunnelCa.Dispose();
        _directory.Dispose();
    }
}
