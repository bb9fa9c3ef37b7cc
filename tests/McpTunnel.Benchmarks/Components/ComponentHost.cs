using McpTunnel.Benchmarks.Processes;

namespace McpTunnel.Benchmarks.Components;

/// <summary>
/// The inside of a component process: says that it is ready, serves until the harness closes its input, and so never outlives
/// the harness.
/// </summary>
internal static class ComponentHost
{
    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        if (arguments is not [var name, .. var rest])
        {
            throw new ArgumentException("A component needs a name.", nameof(arguments));
        }

        switch (name)
        {
            case UpstreamServer.Name:
                return await UpstreamServer.RunAsync(rest, cancellationToken);
            case YarpProxy.Name:
                return await YarpProxy.RunAsync(rest, cancellationToken);
            case CoreEdge.Name:
                return await CoreEdge.RunAsync(rest, cancellationToken);
            case CoreClient.Name:
                return await CoreClient.RunAsync(rest, cancellationToken);
            case Load.LoadGenerator.Name:
                return await Load.LoadGenerator.RunAsync(cancellationToken);
            default:
                throw new ArgumentException($"There is no component '{name}'.", nameof(arguments));
        }
    }

    public static async Task ServeAsync(string ready, CancellationToken cancellationToken)
    {
        Console.WriteLine(Self.ReadyPrefix + ready);
        while (await Console.In.ReadLineAsync(cancellationToken) is not null)
        {
            // Only the end of the input matters.
        }
    }
}
