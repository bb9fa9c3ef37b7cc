using System.Net;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Authorities;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace McpTunnel.IntegrationTests.Enrolment;

/// <summary>Something that speaks HTTPS on loopback and gives every request the same answer.</summary>
internal sealed class OneAnswerServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly X509Certificate2 _certificate;

    private OneAnswerServer(WebApplication app, X509Certificate2 certificate)
    {
        _app = app;
        _certificate = certificate;
        EndPoint = new IPEndPoint(IPAddress.Loopback, new Uri(app.Urls.Single()).Port);
    }

    public IPEndPoint EndPoint { get; }

    public static async Task<OneAnswerServer> StartAsync(KeyedCertificate certificate, RequestDelegate answer)
    {
        var served = certificate.ToCertificate();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(served)));
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return new OneAnswerServer(app, served);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _certificate.Dispose();
    }
}
