namespace McpTunnel.Edge.Initialization;

/// <summary>The state directory was not made; what was there before is unchanged. The message is fit for a person.</summary>
public sealed class EdgeInitializationException(string message) : Exception(message);
