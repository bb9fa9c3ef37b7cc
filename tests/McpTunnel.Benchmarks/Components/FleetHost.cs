using System.Globalization;
using McpTunnel.Benchmarks.Fleet;
using McpTunnel.Client.Linking;
using McpTunnel.Transport.Kestrel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.Benchmarks.Components;

/// <summary>
/// Many clients in one process: each has its enrolment, supervisor and dialers, as the product has them. What a client process has once, whatever its links, they share:
/// one Kestrel serves the streams of all.
/// </summary>
internal static class FleetHost
{
    public const string Name = "fleet";

    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var place = FleetPlace.Parse(arguments);
        var listener = new LinkConnectionListenerFactory(_ => true, TimeProvider.System, NullLoggerFactory.Instance);
        await using var server = Build(listener);
        await server.StartAsync(cancellationToken);
        var clients = new List<LinkSupervisor>();
        await ComponentHost.ServeAsync("", cancellationToken, AnswerAsync);
        await Task.WhenAll(clients.Select(client => client.DisposeAsync().AsTask()));
        return 0;

        async Task<string?> AnswerAsync(string question)
        {
            switch (question.Split(' '))
            {
                case [Questions.Start, var number]:
                    var wanted = int.Parse(number, CultureInfo.InvariantCulture);
                    while (clients.Count < wanted)
                    {
                        var client = await place.CreateAsync(clients.Count, listener.Attach, cancellationToken);
                        client.Start();
                        clients.Add(client);
                    }

                    return number;
                case [Questions.State, var since]:
                    return FleetState.Of(clients.SelectMany(client => client.Links), DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(since, CultureInfo.InvariantCulture))).ToString();
                case [Questions.Missing]:
                    return FleetState.Missing(clients.SelectMany(client => client.Links));
                default:
                    return null;
            }
        }
    }

    private static WebApplication Build(LinkConnectionListenerFactory listener)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddSingleton<IConnectionListenerFactory>(listener);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(new LinkEndPoint()));
        var application = builder.Build();
        application.Run(context => context.Response.WriteAsync("fleet"));
        return application;
    }
}
