using McpTunnel.Protocol.Codes;

namespace McpTunnel.Transport;

/// <summary>Why a link ended.</summary>
/// <param name="Code">The reason.</param>
/// <param name="Detail">For a person: what happened and where. Never a secret.</param>
/// <param name="ByPeer">Whether the other side ended it; false where this side did, whoever was the cause.</param>
public sealed record LinkClosure(TunnelCode Code, string Detail, bool ByPeer);
