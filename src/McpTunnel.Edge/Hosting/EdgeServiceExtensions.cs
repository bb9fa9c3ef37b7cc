using System.Diagnostics.Metrics;
using McpTunnel.Edge.Admin;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Directory;
using McpTunnel.Edge.Enrolment;
using McpTunnel.Edge.Handover;
using McpTunnel.Edge.Health;
using McpTunnel.Edge.Ingress;
using McpTunnel.Edge.Ingress.Admission;
using McpTunnel.Edge.Ingress.OwnNames;
using McpTunnel.Edge.Ingress.Quic;
using McpTunnel.Edge.Ingress.Relaying;
using McpTunnel.Edge.Links;
using McpTunnel.Edge.Telemetry;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;
using McpTunnel.Transport.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace McpTunnel.Edge.Hosting;

/// <summary>The parts of an edge, step by step.</summary>
internal static class EdgeServiceExtensions
{
    public static IServiceCollection AddTunnelEdge(this IServiceCollection services, EdgeOptions options, EdgeResources resources, TimeProvider time) =>
        services
            .AddNode(options, resources, time)
            .AddEnrolment(resources.TunnelCa, resources.Registry)
            .AddAdmin(options.Domain)
            .AddLinks(options)
            .AddIngress(options)
            .AddHandover(options, resources)
            .AddHealth()
            .AddMetricsExport();

    private static IServiceCollection AddNode(this IServiceCollection services, EdgeOptions options, EdgeResources resources, TimeProvider time)
    {
        services.TryAddSingleton(options);
        services.TryAddSingleton(time);
        services.TryAddSingleton(resources.Certificate);
        services.TryAddSingleton(new EdgeNames(options.Domain));
        services.TryAddSingleton(_ => new EdgeNode(options.Node) { Others = EdgeNodes.Besides(options.Node, options.OtherNodes) });
        services.AddMetrics();
        services.TryAddSingleton<EdgeMetrics>();
        return services;
    }

    private static IServiceCollection AddLinks(this IServiceCollection services, EdgeOptions options)
    {
        services.TryAddSingleton(options.Limits.Directory());
        services.TryAddSingleton<LinkDirectory>();
        services.TryAddSingleton(WaitingRoom.For(options.Limits.PendingConnections));
        services.TryAddSingleton<Neighbour>();
        services.TryAddSingleton<ILiveLinks>(provider => provider.GetRequiredService<Neighbour>());
        services.TryAddSingleton<ILinkAuthorizer, EdgeLinkAuthorizer>();
        services.TryAddSingleton(provider => new LinkServerOptions(options.Node, new LinkOptions(), provider.GetRequiredService<EdgeNode>().Stopping));
        services.TryAddSingleton<LinkEndpoints>();
        return services;
    }

    private static IServiceCollection AddIngress(this IServiceCollection services, EdgeOptions options)
    {
        services.TryAddSingleton(options.Limits.Admission());
        services.TryAddSingleton<AdmissionControl>();
        services.TryAddSingleton(provider => new RelayTable(options.Limits.StreamIdleTimeout, provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<TunnelIngress>();
        services.TryAddSingleton<OwnNameQueue>();
        services.TryAddSingleton(provider => new OwnNameGate(
            provider.GetRequiredService<OwnNameQueue>(), provider.GetRequiredService<AdmissionControl>(), options.Limits.OwnNameConnections, options.Limits.Links));

        // Kestrel's own pool: blocks of one page, pinned, given back to the system when it is quiet.
        services.TryAddSingleton(provider => provider.GetRequiredService<IMemoryPoolFactory<byte>>().Create());
        services.TryAddSingleton(provider => new OwnNameTls(
            provider.GetRequiredService<EdgeNames>(), provider.GetRequiredService<Certificates.Live.CertificateSource>(), provider.GetRequiredService<EdgeResources>().TunnelCa.Certificate));
        services.TryAddSingleton<IngressServices>();
        services.TryAddSingleton<IngressServer>();
        services.TryAddSingleton(provider => new QuicAdmission(
            options.Limits.Admission(), options.Limits.OwnNameConnections, provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<QuicIngress>();
        return services;
    }

    private static IServiceCollection AddHandover(this IServiceCollection services, EdgeOptions options, EdgeResources resources)
    {
        services.TryAddSingleton(resources.Sockets);
        services.TryAddSingleton(new HandoverState(EdgePaths.Handover(options), resources.Lock));
        services.TryAddSingleton<HandoverServer>();
        services.TryAddSingleton<Farewell>();
        services.TryAddSingleton<ManagementGate>();
        services.TryAddSingleton<Departure>();
        return services;
    }

    private static IServiceCollection AddHealth(this IServiceCollection services)
    {
        services.AddSingleton<IReadinessCheck, ListenerCheck>();
        services.AddSingleton<IReadinessCheck, QuicCheck>();
        services.AddSingleton<IReadinessCheck, CertificateCheck>();
        services.AddSingleton<IReadinessCheck, RegistryCheck>();
        services.AddSingleton<IReadinessCheck, DrainingCheck>();
        services.TryAddSingleton<Readiness>();
        services.TryAddSingleton<CertificateReminder>();
        return services;
    }

    private static IServiceCollection AddMetricsExport(this IServiceCollection services)
    {
        TransportMetrics.Publish();
        services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("mcptunnel-edge")).WithMetrics(metrics => metrics
            .AddMeter("McpTunnel.*")
            .AddMeter("Microsoft.AspNetCore.Server.Kestrel")
            .AddMeter("System.Runtime")
            .AddPrometheusExporter());

        // The factory is the scope of what it makes.
        services.ConfigureOpenTelemetryMeterProvider((provider, metrics) =>
        {
            var factory = provider.GetRequiredService<IMeterFactory>();
            metrics.AddView(instrument => TransportMetrics.IsIn(factory, instrument) ? null : MetricStreamConfiguration.Drop);
        });
        return services;
    }
}
