using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Forwarder;

namespace McpTunnel.Benchmarks.Components;

/// <summary>
/// The peer that every figure is a ratio to: Kestrel ends the agent's TLS and YARP's forwarder passes the call on. No
/// routing, no authentication, no logging: what the same work costs without a tunnel.
/// </summary>
internal static class YarpProxy
{
    public const string Name = "yarp";

    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        if (arguments is not [var address, var upstream, var certificateFile, var keyFile])
        {
            throw new ArgumentException("yarp ADDRESS UPSTREAM-URL CERTIFICATE KEY", nameof(arguments));
        }

        using var certificate = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        using var invoker = ForwardingHandler.Create();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddHttpForwarder();
        LoopbackServer.Listen(builder, IPAddress.Parse(address), HttpProtocols.Http1AndHttp2, certificate);
        await using var application = builder.Build();
        var forwarder = application.Services.GetRequiredService<IHttpForwarder>();
        application.Run(async context => await forwarder.SendAsync(context, upstream, invoker, ForwarderRequestConfig.Empty, HttpTransformer.Empty));
        await application.StartAsync(cancellationToken);
        await ComponentHost.ServeAsync(string.Join(' ', application.Ports()), cancellationToken);
        return 0;
    }
}
