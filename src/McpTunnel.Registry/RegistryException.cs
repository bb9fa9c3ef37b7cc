namespace McpTunnel.Registry;

/// <summary>The registry did not do what it was asked; nothing was changed. The message is fit for a person and has no secret in it.</summary>
public sealed class RegistryException(RegistryFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The reason, for programs.</summary>
    public RegistryFault Fault { get; } = fault;
}
