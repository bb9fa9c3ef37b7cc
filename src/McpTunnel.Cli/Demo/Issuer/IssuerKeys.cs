using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.IdentityModel.Tokens;

namespace McpTunnel.Cli.Demo.Issuer;

/// <summary>The issuer's ES256 signing keys: in memory only, the newest signs, all that are kept are published. Thread-safe.</summary>
internal sealed class IssuerKeys : IDisposable
{
    private ImmutableArray<ECDsaSecurityKey> _keys = [NewKey()];

    /// <summary>The key that signs.</summary>
    public ECDsaSecurityKey Current => _keys[0];

    /// <summary>The keys in the published set, newest first.</summary>
    public ImmutableArray<ECDsaSecurityKey> Published => _keys;

    /// <summary>Makes a new signing key.</summary>
    /// <param name="keepOld">Whether tokens signed before stay valid.</param>
    public void Rotate(bool keepOld)
    {
        var key = NewKey();
        _keys = keepOld ? _keys.Insert(0, key) : [key];
    }

    /// <summary>An ES256 key under a random <c>kid</c>, not published.</summary>
    public static ECDsaSecurityKey NewKey() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256))
    {
        KeyId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)),
    };

    public void Dispose()
    {
        foreach (var key in _keys)
        {
            key.ECDsa.Dispose();
        }
    }
}
