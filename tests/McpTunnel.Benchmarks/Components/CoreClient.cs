using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Client.Linking;
using McpTunnel.Protocol.Control;
using McpTunnel.Transport.Handshake;
using McpTunnel.Transport.Kestrel;
using McpTunnel.Transport.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Yarp.ReverseProxy.Forwarder;

namespace McpTunnel.Benchmarks.Components;

/// <summary>
/// The client's data path alone: links, inner TLS, YARP, and no boundary. What the real client costs more than this is the price
/// of identity, policy and audit.
/// </summary>
internal static class CoreClient
{
    public const string Name = "core-client";

    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        if (arguments is not [var linkPort, var linkBundle, var caFile, var edgeName, var upstream, var certificateFile, var keyFile])
        {
            throw new ArgumentException("core-client LINK-PORT LINK-BUNDLE CA EDGE-NAME UPSTREAM-URL CERTIFICATE KEY", nameof(arguments));
        }

        using var certificate = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        using var link = X509Certificate2.CreateFromPemFile(linkBundle);
        var trusted = new X509Certificate2Collection();
        trusted.ImportFromPemFile(caFile);

        using var invoker = ForwardingHandler.Create();
        var factory = new LinkConnectionListenerFactory(TimeProvider.System, NullLoggerFactory.Instance);
        await using var application = Build(certificate, factory, upstream, invoker);
        await application.StartAsync(cancellationToken);

        var dialer = new LinkDialer(
            new LinkDialOptions
            {
                Edge = new Uri(string.Create(CultureInfo.InvariantCulture, $"https://{edgeName}:{linkPort}")),
                Certificate = link,
                TrustedAuthorities = trusted,
                ConnectTo = new IPEndPoint(IPAddress.Loopback, int.Parse(linkPort, CultureInfo.InvariantCulture)),
            },
            TimeProvider.System);
        await using var supervisor = new LinkSupervisor(
            (index, generation, token) => dialer.DialAsync(new LinkHello("tnl_bench", new Secret("bench"), "bench", index, generation, "bench", []), token),
            factory.Attach,
            new LinkSupervisorOptions { Spacing = TimeSpan.Zero },
            TimeProvider.System,
            NullLoggerFactory.Instance);
        supervisor.Start();
        await supervisor.FirstRegistered.WaitAsync(cancellationToken);
        await ComponentHost.ServeAsync("", cancellationToken);
        return 0;
    }

    private static WebApplication Build(X509Certificate2 certificate, LinkConnectionListenerFactory factory, string upstream, HttpMessageInvoker invoker)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddHttpForwarder();
        builder.Services.AddSingleton<IConnectionListenerFactory>(factory);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(new LinkEndPoint(), listen => listen.UseHttps(certificate));
        });
        var application = builder.Build();
        var forwarder = application.Services.GetRequiredService<IHttpForwarder>();
        application.Run(async context => await forwarder.SendAsync(context, upstream, invoker, ForwarderRequestConfig.Empty, HttpTransformer.Empty));
        return application;
    }
}
