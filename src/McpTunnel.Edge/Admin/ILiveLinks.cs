using McpTunnel.Protocol.Codes;

namespace McpTunnel.Edge.Admin;

/// <summary>
/// What administration needs of the links that are up: a revocation is worth nothing while the link it is about goes on. Members
/// return at once; they wait for no peer.
/// </summary>
internal interface ILiveLinks
{
    /// <summary>Closes the links of a tunnel. Returns how many there were.</summary>
    int CloseLinks(string tunnelId, TunnelCode code, string detail);

    /// <summary>Closes the links that a token registered; <paramref name="tokenHash"/> is its SHA-256 in hexadecimal, of either case.</summary>
    int CloseLinksByToken(string tokenHash, TunnelCode code, string detail);

    /// <summary>Closes the links that a certificate registered; <paramref name="fingerprint"/> is its SHA-256 in hexadecimal, of either case.</summary>
    int CloseLinksByCertificate(string fingerprint, TunnelCode code, string detail);
}
