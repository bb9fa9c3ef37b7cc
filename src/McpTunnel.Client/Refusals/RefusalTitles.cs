using McpTunnel.Protocol.Codes;

namespace McpTunnel.Client.Refusals;

/// <summary>The short text of each code that the boundary answers with.</summary>
internal static class RefusalTitles
{
    public static string Of(TunnelCode code) => code switch
    {
        TunnelCode.Misdirected => "This connection does not serve that host",
        TunnelCode.RequestMalformed => "The request is malformed",
        TunnelCode.PathNotExposed => "This path is not exposed",
        TunnelCode.OriginNotAllowed => "This origin is not allowed",
        TunnelCode.AuthenticationRequired => "An access token is required",
        TunnelCode.AuthenticationUnavailable => "Tokens cannot be checked at the moment",
        TunnelCode.InvalidToken => "The access token is not valid here",
        TunnelCode.InsufficientScope => "The access token lacks a scope",
        TunnelCode.RequestBodyTooLarge => "The request body is too large",
        TunnelCode.UpstreamAddressForbidden => "The MCP server is at an address that is not allowed",
        TunnelCode.UpstreamUnreachable => "The MCP server cannot be reached",
        TunnelCode.UpstreamTimeout => "The MCP server did not answer in time",
        TunnelCode.UpstreamFailed => "The MCP server broke off",
        TunnelCode.InternalError => "The tunnel client failed",
        _ => "The call was refused",
    };
}
