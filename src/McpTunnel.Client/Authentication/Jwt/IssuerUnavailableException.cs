namespace McpTunnel.Client.Authentication.Jwt;

/// <summary>The issuer's keys are not known and cannot be fetched now: tokens can be neither accepted nor refused.</summary>
internal sealed class IssuerUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
