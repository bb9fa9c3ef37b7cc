namespace McpTunnel.Protocol.ClientHello;

/// <summary>What a relay that never decrypts may know of a TLS connection: the parts of its ClientHello that route it.</summary>
/// <param name="ServerName">The SNI host name (RFC 6066 section 3) in lower case; null when there is none.</param>
/// <param name="ApplicationProtocols">
/// The ALPN names (RFC 7301) in the order of preference, GREASE values left out; each byte is one character, since the names are octets.
/// </param>
public sealed record ClientHelloInfo(string? ServerName, IReadOnlyList<string> ApplicationProtocols);
