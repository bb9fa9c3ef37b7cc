using McpTunnel.Protocol.Codes;

namespace McpTunnel.Edge.Directory;

/// <summary>Why a link may not be filed.</summary>
internal sealed record RegistrationRefusal(TunnelCode Code, string Detail);
