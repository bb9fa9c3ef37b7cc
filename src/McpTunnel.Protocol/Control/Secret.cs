using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace McpTunnel.Protocol.Control;

/// <summary>
/// A value that must not reach a log, an error, a status page or a support bundle. Text of it is a fingerprint; the value comes
/// out only through <see cref="Reveal"/>, so that every use can be found. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// The fingerprint is keyed with a number made at process start: it tells two secrets apart within one process, and cannot be
/// used by whoever reads a log to try out guesses of a weak password.
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
[JsonConverter(typeof(SecretFingerprintConverter))]
public sealed class Secret : IEquatable<Secret>
{
    private static readonly byte[] FingerprintKey = RandomNumberGenerator.GetBytes(32);

    private readonly string _value;

    /// <param name="value">The secret itself; not empty.</param>
    public Secret(string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        _value = value;
    }

    /// <summary>The secret itself. Keep it out of messages, labels and arguments.</summary>
    public string Reveal() => _value;

    /// <summary>Eight hexadecimal digits that differ for different secrets, valid within this process.</summary>
    public string Fingerprint => Convert.ToHexStringLower(HMACSHA256.HashData(FingerprintKey, Encoding.UTF8.GetBytes(_value)).AsSpan(0, 4));

    /// <summary>Compares in constant time.</summary>
    public bool Equals(Secret? other) =>
        other is not null
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(_value), Encoding.UTF8.GetBytes(other._value));

    public override bool Equals(object? obj) => Equals(obj as Secret);

    public override int GetHashCode() => Fingerprint.GetHashCode(StringComparison.Ordinal);

    /// <summary>The fingerprint, never the value.</summary>
    public override string ToString() => $"secret({Fingerprint})";
}
