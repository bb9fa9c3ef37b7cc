namespace McpTunnel.Client.Egress;

/// <summary>A name led only to addresses that may not be dialled; nothing was sent anywhere.</summary>
internal sealed class AddressForbiddenException(string message) : IOException(message);
