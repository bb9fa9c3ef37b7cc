namespace McpTunnel.Cli.Demo.Once;

/// <summary>A protocol era that the user's own server does not speak; it speaks another one.</summary>
/// <param name="ProtocolVersion">The revision that was asked for.</param>
/// <param name="Reason">The server's answer.</param>
internal sealed record UnspokenEra(string ProtocolVersion, string Reason);
