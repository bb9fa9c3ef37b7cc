using McpTunnel.Client.Hosting;

namespace McpTunnel.Benchmarks.Components;

/// <summary>The product's client as it is, from its configuration file, in a process that can be asked for its memory.</summary>
internal static class ClientHost
{
    public const string Name = "client";

    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        if (arguments is not [var configurationFile])
        {
            throw new ArgumentException("client CONFIGURATION", nameof(arguments));
        }

        await using var client = await TunnelClient.StartAsync(configurationFile, new TunnelClientSettings(), cancellationToken);
        await client.FirstRegistered.WaitAsync(cancellationToken);
        await ComponentHost.ServeAsync("", cancellationToken);
        return 0;
    }
}
