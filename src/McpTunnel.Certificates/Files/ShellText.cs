using System.Buffers;

namespace McpTunnel.Certificates.Files;

/// <summary>Text for a command that a person is told to run.</summary>
public static class ShellText
{
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+@%:=,");

    public static string Quote(string text) =>
        text.Length > 0 && !text.AsSpan().ContainsAnyExcept(Plain) ? text : "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
