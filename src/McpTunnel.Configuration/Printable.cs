namespace McpTunnel.Configuration;

/// <summary>Shows what a person wrote without letting it move the cursor or fill the screen.</summary>
internal static class Printable
{
    private const int MaxShown = 60;

    public static string Text(string text)
    {
        var shown = text.Length > MaxShown ? string.Concat(text.AsSpan(0, MaxShown), "…") : text;
        return shown.Any(char.IsControl) ? string.Concat(shown.Select(c => char.IsControl(c) ? '\uFFFD' : c)) : shown;
    }
}
