using System.Text;
using McpTunnel.Client.AccessLog;
using McpTunnel.Client.Authentication;
using McpTunnel.Client.Calls;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Forwarding;
using McpTunnel.Client.Limits;
using McpTunnel.Client.ResourceMetadata;
using McpTunnel.Client.Routing;
using McpTunnel.Client.SelfCalls;
using McpTunnel.Transport.Kestrel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Client.Hosting;

/// <summary>
/// Kestrel with the boundary's steps: ends inner TLS and carries calls. Where its connections come from is the caller's choice.
/// </summary>
internal sealed class BoundaryServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private BoundaryServer(WebApplication app) => _app = app;

    /// <param name="listen">Binds the end points; each must end with <c>configure</c>.</param>
    /// <param name="transport">A listener beside plain sockets; null for none.</param>
    /// <param name="limits">Bounds of connections and requests.</param>
    /// <param name="routes">The servers.</param>
    /// <param name="certificates">The certificates in force.</param>
    /// <param name="selfCalls">Where calls of this client to itself are noted.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where events 2100 to 2199 go.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task<BoundaryServer> StartAsync(
        Action<KestrelServerOptions, Action<ListenOptions>> listen,
        IConnectionListenerFactory? transport,
        LimitsOptions limits,
        RoutingTableHolder routes,
        Func<CertificateSet> certificates,
        SelfCallBook selfCalls,
        TimeProvider time,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        RequestFraming.RefuseBareLineFeeds();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.Services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(new QuietLoggerFactory(loggers, time)));
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(routes);
        builder.Services.AddSingleton(selfCalls);
        builder.Services.AddSingleton<EventStreamEnd>();
        builder.Services.AddHttpForwarder();

        // The owner stops the server, with a grace of its own; a signal is for the owner.
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, UnattendedLifetime>());
        if (transport is not null)
        {
            builder.Services.AddSingleton(transport);
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            Limit(kestrel, limits);
            listen(kestrel, options => EndTls(options, limits, certificates, time));
        });
        var app = builder.Build();
        Steps(app);
        await app.StartAsync(cancellationToken);
        return new BoundaryServer(app);
    }

    /// <summary>The addresses of plain sockets, with the ports that were free.</summary>
    public IEnumerable<string> Addresses => _app.Urls;

    /// <summary>Takes no new calls and waits for those in progress, at most until <paramref name="graceEnds"/>.</summary>
    public Task StopAsync(CancellationToken graceEnds) => _app.StopAsync(graceEnds);

    /// <summary>Ends the event streams that are open, in good order.</summary>
    public void EndEventStreams() => _app.Services.GetRequiredService<EventStreamEnd>().Begin();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    /// <summary>The path of a call, in the order of DESIGN's boundary.</summary>
    private static void Steps(WebApplication app)
    {
        app.UseMiddleware<SelfCallMiddleware>();
        app.UseMiddleware<AccessLogMiddleware>();
        app.UseMiddleware<RoutingMiddleware>();
        app.UseMiddleware<ResourceMetadataMiddleware>();
        app.UseMiddleware<ExposureMiddleware>();
        app.UseMiddleware<AuthenticationMiddleware>();
        app.UseMiddleware<BodyLimitMiddleware>();
        app.Run(ActivatorUtilities.CreateInstance<ForwardingMiddleware>(app.Services).InvokeAsync);
    }

    private static void EndTls(ListenOptions options, LimitsOptions limits, Func<CertificateSet> certificates, TimeProvider time)
    {
        options.Protocols = HttpProtocols.Http1AndHttp2;
        options.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = limits.RequestHeadersTimeout,
            OnConnection = context => ValueTask.FromResult(certificates().Select(context.ClientHelloInfo.ServerName)),
        });
        options.Use(LingeringEnd.Keep(time));
        options.Use(Newcomer.Watch(limits.FirstCallTimeout, time));
        options.Use(AgentResets.Watch(limits.StreamsPerConnection, time));
    }

    internal static void Limit(KestrelServerOptions kestrel, LimitsOptions limits)
    {
        kestrel.AddServerHeader = false;

        // Header values are bytes to us: what came in one encoding leaves in the same.
        kestrel.RequestHeaderEncodingSelector = static name => RequestFraming.EncodingOf(name, Encoding.Latin1);
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        kestrel.Limits.MaxRequestBodySize = limits.MaxRequestBody.Bytes;
        kestrel.Limits.MaxRequestHeaderCount = limits.MaxRequestHeaders;
        kestrel.Limits.MaxRequestHeadersTotalSize = (int)limits.MaxRequestHeaderSize.Bytes;
        kestrel.Limits.MaxRequestLineSize = Math.Min(kestrel.Limits.MaxRequestLineSize, (int)limits.MaxRequestHeaderSize.Bytes);
        kestrel.Limits.Http2.MaxRequestHeaderFieldSize = (int)limits.MaxRequestHeaderSize.Bytes;
        kestrel.Limits.RequestHeadersTimeout = limits.RequestHeadersTimeout;
        kestrel.Limits.Http2.MaxStreamsPerConnection = limits.StreamsPerConnection;

        // Between calls only. A call in progress has no limit of time or rate here: events come when they come.
        kestrel.Limits.KeepAliveTimeout = limits.IdleConnectionTimeout;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
    }
}
