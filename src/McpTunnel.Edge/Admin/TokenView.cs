using McpTunnel.Protocol.Names;
using McpTunnel.Registry.Credentials;

namespace McpTunnel.Edge.Admin;

/// <param name="Id">The token's id.</param>
/// <param name="Tunnel">Its tunnel.</param>
/// <param name="Fingerprint">The beginning of its hash, as a client's status shows it.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Expires">From when on it is not accepted; absent for never.</param>
/// <param name="Revoked">When it was revoked; absent when it was not.</param>
/// <param name="Valid">Whether it was accepted at the time of this answer.</param>
internal sealed record TokenView(
    string Id, string Tunnel, string Fingerprint, DateTimeOffset Created, DateTimeOffset? Expires, DateTimeOffset? Revoked, bool Valid)
{
    public static TokenView Of(TunnelTokenRecord token, DateTimeOffset now) => new(
        token.Id, token.TunnelId, token.Hash[..SecretText.FingerprintDigits], token.Created, token.Expires, token.Revoked, token.IsValid(now));
}
