namespace McpTunnel.Client.Linking.Care;

/// <summary>One of the things that are looked after while links are up. Each has a loop of its own, so a dial of one holds up no other.</summary>
internal interface ILinkCare
{
    /// <summary>One look, and what follows from it.</summary>
    Task StepAsync(CancellationToken cancellationToken);
}
