namespace McpTunnel.Protocol.Names;

/// <summary>A tunnel's id: <c>tnl_</c> and 16 base32 digits (80 random bits). Not a secret.</summary>
public static class TunnelId
{
    public const string Prefix = "tnl_";

    /// <summary>Digits after the prefix.</summary>
    public const int Digits = 16;

    /// <summary>Random bytes that make one id.</summary>
    public const int RandomBytes = 10;

    /// <summary>Makes an id of <see cref="RandomBytes"/> random bytes.</summary>
    public static string Create(ReadOnlySpan<byte> random)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(random.Length, RandomBytes);
        return Prefix + Base32.Encode(random);
    }

    /// <summary>Whether the text has the form of an id.</summary>
    public static bool IsValid(ReadOnlySpan<char> text) =>
        text.Length == Prefix.Length + Digits
        && text.StartsWith(Prefix, StringComparison.Ordinal)
        && Base32.IsEncoded(text[Prefix.Length..]);
}
