using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Client.Linking;
using McpTunnel.Client.Linking.Choice;
using McpTunnel.Protocol.Control;
using McpTunnel.Transport;
using McpTunnel.Transport.Handshake;
using McpTunnel.Transport.Kestrel;
using McpTunnel.Transport.Quic;
using McpTunnel.Transport.Tls;
using McpTunnel.Transport.WebSockets;
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
        var factory = new LinkConnectionListenerFactory(_ => true, TimeProvider.System, NullLoggerFactory.Instance);
        await using var application = Build(certificate, factory, upstream, invoker);
        await application.StartAsync(cancellationToken);

        var options = new LinkDialOptions
        {
            Edge = new Uri(string.Create(CultureInfo.InvariantCulture, $"https://{edgeName}:{linkPort}")),
            Certificate = link,
            TrustedAuthorities = trusted,
            ConnectTo = new IPEndPoint(IPAddress.Loopback, int.Parse(linkPort, CultureInfo.InvariantCulture)),
        };
        var dialer = Dialer(Carrier.Tls, options);
        await using var supervisor = new LinkSupervisor(
            (attempt, token) => dialer.DialAsync(Hello("bench", attempt.Index, attempt.Generation), token),
            factory.Attach,
            new CarrierChoice(new CarrierChoiceOptions(), TimeProvider.System),
            new LinkSupervisorOptions { Spacing = TimeSpan.Zero },
            TimeProvider.System,
            NullLoggerFactory.Instance);
        supervisor.Start();
        await supervisor.FirstRegistered.WaitAsync(cancellationToken);
        await ComponentHost.ServeAsync("", cancellationToken, question => AddLinksAsync(question, options, factory, cancellationToken));
        return 0;
    }

    private static ILinkDialer Dialer(Carrier carrier, LinkDialOptions options) => carrier switch
    {
        Carrier.Quic => new QuicLinkDialer(options, TimeProvider.System),
        Carrier.Websocket => new WebSocketLinkDialer(options, TimeProvider.System),
        _ => new TlsLinkDialer(options, TimeProvider.System),
    };

    private static LinkHello Hello(string instance, int index, long generation) =>
        new("tnl_bench", new Secret("bench"), instance, index, generation, "bench", []);

    /// <summary>Further links beside the supervised ones, to see what one costs.</summary>
    private static async Task<string?> AddLinksAsync(
        string question, LinkDialOptions options, LinkConnectionListenerFactory factory, CancellationToken cancellationToken)
    {
        if (question.Split(' ') is not [Questions.Links, var name, var number] || !Enum.TryParse<Carrier>(name, ignoreCase: true, out var carrier))
        {
            return null;
        }

        var dialer = Dialer(carrier, options);
        var count = int.Parse(number, CultureInfo.InvariantCulture);
        for (var i = 0; i < count; i++)
        {
            factory.Attach(await dialer.DialAsync(Hello(string.Create(CultureInfo.InvariantCulture, $"further-{i}"), 0, 1), cancellationToken));
        }

        return number;
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
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(new LinkEndPoint(), listen => listen.UseHttps(certificate));
        });
        var application = builder.Build();
        var forwarder = application.Services.GetRequiredService<IHttpForwarder>();
        application.Run(async context => await forwarder.SendAsync(context, upstream, invoker, ForwarderRequestConfig.Empty, HttpTransformer.Empty));
        return application;
    }
}
