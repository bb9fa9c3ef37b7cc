using McpTunnel.Benchmarks.Load;
using McpTunnel.Benchmarks.Processes;

namespace McpTunnel.Benchmarks.Components;

/// <summary>
/// The inside of a component process: says that it is ready, serves until the harness closes its input, and so never outlives
/// the harness.
/// </summary>
internal static class ComponentHost
{
    public static Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken) => arguments switch
    {
        [UpstreamServer.Name, .. var rest] => UpstreamServer.RunAsync(rest, cancellationToken),
        [YarpProxy.Name, .. var rest] => YarpProxy.RunAsync(rest, cancellationToken),
        [CoreEdge.Name, .. var rest] => CoreEdge.RunAsync(rest, cancellationToken),
        [CoreClient.Name, .. var rest] => CoreClient.RunAsync(rest, cancellationToken),
        [EdgeHost.Name, .. var rest] => EdgeHost.RunAsync(rest, cancellationToken),
        [ClientHost.Name, .. var rest] => ClientHost.RunAsync(rest, cancellationToken),
        [FleetHost.Name, .. var rest] => FleetHost.RunAsync(rest, cancellationToken),
        [IssuerHost.Name] => IssuerHost.RunAsync(cancellationToken),
        [LoadGenerator.Name] => LoadGenerator.RunAsync(cancellationToken),
        _ => throw new ArgumentException($"There is no component '{string.Join(' ', arguments)}'.", nameof(arguments)),
    };

    /// <param name="answer">Answers questions of this component alone; null for an unknown one.</param>
    public static async Task ServeAsync(string ready, CancellationToken cancellationToken, Func<string, Task<string?>>? answer = null)
    {
        Console.WriteLine(Self.ReadyPrefix + ready);
        while (await Console.In.ReadLineAsync(cancellationToken) is { } question)
        {
            var text = question == Questions.Memory ? MemoryFigures.ReadHere().ToString() : answer is null ? null : await answer(question);
            Console.WriteLine(Questions.Answer + (text ?? "unknown"));
        }
    }
}
