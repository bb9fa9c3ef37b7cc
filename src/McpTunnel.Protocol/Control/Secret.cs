using System.Security.Cryptography;
using System.Text;

namespace McpTunnel.Protocol.Control;

/// <summary>
/// A text that must never be printed: logs, errors and debuggers see a fingerprint, and only <see cref="Reveal"/> gives the text.
/// Compared in constant time.
/// </summary>
public sealed class Secret(string value) : IEquatable<Secret>
{
    private readonly string _value = value ?? throw new ArgumentNullException(nameof(value));

    /// <summary>The text itself: to be sent or hashed, never to be printed.</summary>
    public string Reveal() => _value;

    /// <summary>The first 8 hexadecimal digits of the SHA-256: enough to tell two secrets apart, useless to find one.</summary>
    public override string ToString()
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(_value));
        return $"sha256:{Convert.ToHexStringLower(hash.AsSpan(0, 4))}";
    }

    public bool Equals(Secret? other) =>
        other is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(_value), Encoding.UTF8.GetBytes(other._value));

    public override bool Equals(object? obj) => Equals(obj as Secret);

    public override int GetHashCode() => _value.GetHashCode(StringComparison.Ordinal);
}
