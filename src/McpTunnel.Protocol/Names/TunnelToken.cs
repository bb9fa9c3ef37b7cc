using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace McpTunnel.Protocol.Names;

/// <summary>
/// The secret that lets a client register links for one tunnel:
/// <c>mct_&lt;tunnel id without tnl_&gt;_&lt;32 base32 digits&gt;_&lt;6 digits checksum&gt;</c>. Text of it is a fingerprint; the
/// token comes out only through <see cref="Reveal"/>. Immutable.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class TunnelToken
{
    public const string Prefix = "mct_";

    /// <summary>Characters of a token.</summary>
    public const int Length = HeadLength + SecretText.RandomDigits + 1 + SecretText.CheckDigits;

    private const int HeadLength = 4 + Names.TunnelId.Digits + 1;

    private readonly string _text;

    private TunnelToken(string text)
    {
        _text = text;
        TunnelId = string.Concat(Names.TunnelId.Prefix, text.AsSpan(Prefix.Length, Names.TunnelId.Digits));
        Hash = SecretText.Hash(text);
    }

    /// <summary>The tunnel that the token says it is for. A claim, until the registry knows its hash.</summary>
    public string TunnelId { get; }

    /// <summary>SHA-256 of the token, lower-case hexadecimal: all that the edge keeps.</summary>
    public string Hash { get; }

    /// <summary>The beginning of <see cref="Hash"/>, by which people name a token in lists and logs.</summary>
    public string Fingerprint => Hash[..SecretText.FingerprintDigits];

    /// <summary>Makes a token of <see cref="SecretText.RandomBytes"/> random bytes.</summary>
    public static TunnelToken Create(string tunnelId, ReadOnlySpan<byte> random)
    {
        if (!Names.TunnelId.IsValid(tunnelId))
        {
            throw new ArgumentException("Not a tunnel id.", nameof(tunnelId));
        }

        return new TunnelToken(SecretText.Create($"{Prefix}{tunnelId[Names.TunnelId.Prefix.Length..]}_", random));
    }

    /// <summary>Reads a token; false when it is cut off, mistyped or something else.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out TunnelToken? token)
    {
        token = text is { Length: Length }
            && text.StartsWith(Prefix, StringComparison.Ordinal)
            && Base32.IsEncoded(text.AsSpan(Prefix.Length, Names.TunnelId.Digits))
            && text[HeadLength - 1] == '_'
            && SecretText.IsValid(text, HeadLength)
                ? new TunnelToken(text)
                : null;
        return token is not null;
    }

    /// <summary>The token itself. Keep it out of messages, labels and arguments.</summary>
    public string Reveal() => _text;

    /// <summary>Tunnel and fingerprint, never the token.</summary>
    public override string ToString() => $"token({TunnelId}, {Fingerprint})";
}
