using System.Net;
using McpTunnel.Client.Health;
using McpTunnel.Client.Linking;
using McpTunnel.Client.SelfCalls;
using McpTunnel.Client.Telemetry;
using McpTunnel.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace McpTunnel.Client.Hosting;

/// <summary>The management listener: health, status and metrics, plain HTTP.</summary>
internal sealed class ManagementServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ManagementServer(WebApplication app) => _app = app;

    /// <summary>With the port that was free.</summary>
    public Uri Url => new(_app.Urls.First());

    /// <param name="listen">Where; port 0 takes a free one.</param>
    /// <param name="status">A fresh snapshot.</param>
    /// <param name="gauges">Those of the client whose listener this is.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where events go.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ManagementServer> StartAsync(
        IPEndPoint listen, Func<ClientStatus> status, ClientGauges gauges, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(listen);
        });
        builder.Services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(new QuietLoggerFactory(loggers, time)));
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, UnattendedLifetime>());
        TransportMetrics.Publish();
        builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("mcptunnel-client")).WithMetrics(metrics => metrics
            .AddMeter(ClientMetrics.MeterName, TransportMetrics.MeterName)
            .AddView(instrument => TransportMetrics.IsIn(gauges, instrument) ? null : MetricStreamConfiguration.Drop)
            .AddPrometheusExporter());
        var app = builder.Build();
        app.UseOpenTelemetryPrometheusScrapingEndpoint();
        app.UseHealth(status);
        await app.StartAsync(cancellationToken);
        TransportMetrics.BeginClientAtZero();
        ClientMetrics.BeginAtZero();
        ClientLinkMetrics.BeginAtZero();
        SelfCallMetrics.BeginAtZero();
        return new ManagementServer(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
