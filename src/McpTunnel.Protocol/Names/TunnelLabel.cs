using System.Collections.Frozen;

namespace McpTunnel.Protocol.Names;

/// <summary>A tunnel's label: the DNS label that its domain begins with, lower case.</summary>
public static class TunnelLabel
{
    /// <summary>RFC 1035 section 2.3.4.</summary>
    public const int MaxLength = 63;

    /// <summary>Names that the edge keeps for itself below its domain, now or later.</summary>
    private static readonly FrozenSet<string> Reserved =
        FrozenSet.ToFrozenSet(["link", "agents", "api", "admin", "console", "edge", "www", "status"], StringComparer.Ordinal);

    /// <summary>Why the text cannot be a label, for a person; null when it can.</summary>
    public static string? Problem(string text)
    {
        if (text.Length is 0 or > MaxLength)
        {
            return $"A label has 1 to {MaxLength} characters.";
        }

        if (text.Any(c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-') || text[0] == '-' || text[^1] == '-')
        {
            return "A label is lower-case letters, digits and hyphens, with no hyphen first or last.";
        }

        // RFC 5891 section 4.2.3.1 keeps these for encodings; a label that looks like another in a browser is no help to anybody.
        if (text.Length > 3 && text[2] == '-' && text[3] == '-')
        {
            return "A label has no hyphens in third and fourth place.";
        }

        return Reserved.Contains(text) ? $"'{text}' is kept for the edge itself." : null;
    }
}
