namespace McpTunnel.Transport;

/// <summary>No link came up: the edge was not reached, or its answer was not one. Always worth another try.</summary>
public sealed class LinkConnectException(string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>How far the dial got, for programs.</summary>
    public LinkConnectFault Fault { get; init; }
}
