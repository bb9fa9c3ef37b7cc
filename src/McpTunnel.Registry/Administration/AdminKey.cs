using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using McpTunnel.Protocol.Names;

namespace McpTunnel.Registry.Administration;

/// <summary>
/// The secret that opens the admin API: <c>mca_&lt;32 base32 digits&gt;_&lt;6 digits checksum&gt;</c>. Text of it is a
/// fingerprint; the key comes out only through <see cref="Reveal"/>. Immutable.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class AdminKey
{
    public const string Prefix = "mca_";

    private readonly string _text;

    private AdminKey(string text)
    {
        _text = text;
        Hash = SecretText.Hash(text);
    }

    /// <summary>SHA-256 of the key, lower-case hexadecimal: all that the edge keeps.</summary>
    public string Hash { get; }

    /// <summary>Makes a key of <see cref="SecretText.RandomBytes"/> random bytes.</summary>
    public static AdminKey Create(ReadOnlySpan<byte> random) => new(SecretText.Create(Prefix, random));

    /// <summary>Reads a key; false when it is cut off, mistyped or something else.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out AdminKey? key)
    {
        key = text is not null && text.StartsWith(Prefix, StringComparison.Ordinal) && SecretText.IsValid(text, Prefix.Length)
            ? new AdminKey(text)
            : null;
        return key is not null;
    }

    /// <summary>The key itself. Keep it out of messages, labels and arguments.</summary>
    public string Reveal() => _text;

    /// <summary>A fingerprint, never the key.</summary>
    public override string ToString() => $"admin-key({Hash[..SecretText.FingerprintDigits]})";
}
