namespace McpTunnel.Edge;

/// <summary>The edge cannot start. The message says what is wrong, where, and what to do; it is fit to be shown as it is.</summary>
public sealed class EdgeStartException(string message, Exception? innerException = null) : Exception(message, innerException);
