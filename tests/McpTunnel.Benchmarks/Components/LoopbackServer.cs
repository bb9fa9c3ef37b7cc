using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace McpTunnel.Benchmarks.Components;

/// <summary>Kestrel on free ports with nothing in the pipeline but one handler, so that it is the lower bound of its kind.</summary>
internal static class LoopbackServer
{
    /// <param name="builder">The application.</param>
    /// <param name="address">Where it listens.</param>
    /// <param name="protocols">What its TLS listeners speak.</param>
    /// <param name="certificates">One listener each: TLS with the certificate, or plain HTTP/1.1 for null.</param>
    public static void Listen(WebApplicationBuilder builder, IPAddress address, HttpProtocols protocols, params IEnumerable<X509Certificate2?> certificates)
    {
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // A bulk transfer is measured, not refused.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            foreach (var certificate in certificates)
            {
                kestrel.Listen(address, 0, listen =>
                {
                    listen.Protocols = certificate is null ? HttpProtocols.Http1 : protocols;
                    if (certificate is not null)
                    {
                        listen.UseHttps(certificate);
                    }
                });
            }
        });
    }

    public static IReadOnlyList<int> Ports(this WebApplication application) =>
        [.. application.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>()
            .Addresses.Select(address => new Uri(address).Port)];
}
