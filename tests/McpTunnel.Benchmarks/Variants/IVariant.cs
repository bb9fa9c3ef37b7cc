namespace McpTunnel.Benchmarks.Variants;

/// <summary>A way from the agents to the upstream that can be measured beside the others.</summary>
internal interface IVariant
{
    string Name { get; }

    /// <exception cref="PeerAbsentException">A program it needs is not on this machine.</exception>
    Task<RunningVariant> StartAsync(Workbench bench, CancellationToken cancellationToken);
}
