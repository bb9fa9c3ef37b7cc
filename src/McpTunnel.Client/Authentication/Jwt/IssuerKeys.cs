using Microsoft.IdentityModel.Tokens;

namespace McpTunnel.Client.Authentication.Jwt;

/// <summary>An issuer's published signing keys at one moment. Immutable.</summary>
/// <param name="Keys">Asymmetric keys that may sign.</param>
/// <param name="Epoch">Rises when the set of keys changed; stays when a fetch brought the same.</param>
/// <param name="Digest">Of the published set.</param>
internal sealed record IssuerKeys(IReadOnlyList<SecurityKey> Keys, long Epoch, string Digest)
{
    /// <summary>The keys that a token with this <c>kid</c> may be signed by: all of them when it names none.</summary>
    public IReadOnlyList<SecurityKey> For(string? keyId) =>
        string.IsNullOrEmpty(keyId) ? Keys : [.. Keys.Where(key => key.KeyId == keyId)];
}
