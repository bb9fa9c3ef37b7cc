using McpTunnel.Protocol.Codes;

namespace McpTunnel.Edge.Enrolment;

/// <summary>Why credentials are not accepted.</summary>
/// <param name="Code">The reason, for programs.</param>
/// <param name="Detail">The reason and the remedy, for a person. Never a secret.</param>
internal sealed record CredentialRefusal(TunnelCode Code, string Detail);
