using McpTunnel.Protocol.Codes;

namespace McpTunnel.Client.Authentication;

/// <summary>A caller, or a refusal with its challenge.</summary>
/// <param name="Caller">Set when accepted.</param>
/// <param name="Code">Why not, when refused.</param>
/// <param name="Detail">For the agent's owner; no part of the token.</param>
/// <param name="Challenge">The <c>WWW-Authenticate</c> line; null where the code has none.</param>
/// <param name="Fault">More for the log; no part of the token.</param>
internal readonly record struct AuthenticationResult(Caller? Caller, TunnelCode Code, string Detail, string? Challenge, string? Fault)
{
    public static AuthenticationResult Accept(Caller caller) => new(caller, default, "", null, null);

    public static AuthenticationResult Refuse(TunnelCode code, string detail, string? challenge, string? fault = null) =>
        new(null, code, detail, challenge, fault);
}
