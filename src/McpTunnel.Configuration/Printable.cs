using System.Text.RegularExpressions;

namespace McpTunnel.Configuration;

/// <summary>Shows what a person wrote without letting it move the cursor or fill the screen, and without a password that stands in a URL.</summary>
internal static partial class Printable
{
    private const int MaxShown = 60;

    public static string Text(string text)
    {
        text = UserInformation().Replace(text, "://…@");
        var shown = text.Length > MaxShown ? string.Concat(text.AsSpan(0, MaxShown), "…") : text;
        return shown.Any(char.IsControl) ? string.Concat(shown.Select(c => char.IsControl(c) ? '\uFFFD' : c)) : shown;
    }

    // Up to the last @, whatever the password is made of: this also shows URLs that are none.
    [GeneratedRegex("://.*@", RegexOptions.Singleline)]
    private static partial Regex UserInformation();
}
