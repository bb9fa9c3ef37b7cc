using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Cli.Demo;

/// <summary>The bare web applications that stand around the tunnel in a demo: plain HTTP on one loopback port.</summary>
internal static class LoopbackApp
{
    /// <param name="port">TCP port on 127.0.0.1; 0 takes a free one.</param>
    /// <param name="logging">Where logs go; null for nowhere.</param>
    public static WebApplication Build(int port, ILoggerFactory? logging)
    {
        // The empty builder: no appsettings.json of the current directory, no console logger, no environment.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        builder.Services.AddRoutingCore();
        if (logging is not null)
        {
            builder.Services.Replace(ServiceDescriptor.Singleton(logging));
        }

        return builder.Build();
    }

    /// <summary>The address that a started application listens on.</summary>
    public static Uri AddressOf(WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());
}
