using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Unicode;

namespace McpTunnel.Client.Routing;

/// <summary>
/// Reads a request target (RFC 9112 section 3.2) so strictly that the boundary and any upstream must see the same path: what two
/// servers could understand in two ways is refused. What passes is sent on byte for byte.
/// </summary>
internal static class RequestTarget
{
    // Unreserved, sub-delims, ':' and '@' of RFC 3986, the percent sign and slash. Not: backslash, quotes, braces, '#', controls, space.
    private static readonly SearchValues<char> PathCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@%/");

    // Also what browsers and libraries leave bare in a query.
    private static readonly SearchValues<char> QueryCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@%/?[]|^`{}\"\\<>");

    private static readonly SearchValues<char> Suspicious = SearchValues.Create(".%");

    /// <summary>Splits <paramref name="target"/> into what is sent on.</summary>
    /// <param name="target">As it stood on the request line, or in <c>:path</c>.</param>
    /// <param name="authority">The request's own host and port, which an absolute-form target must name.</param>
    /// <param name="originForm">Path and query as they are sent.</param>
    /// <param name="pathLength">Where the path ends in <paramref name="originForm"/>.</param>
    public static bool TryParse(string target, string authority, [NotNullWhen(true)] out string? originForm, out int pathLength)
    {
        originForm = null;
        pathLength = 0;
        var candidate = target;
        if (!target.StartsWith('/') && !TryTakeAbsoluteForm(target, authority, out candidate))
        {
            return false;
        }

        var question = candidate.IndexOf('?');
        var path = question < 0 ? candidate.AsSpan() : candidate.AsSpan(0, question);
        if (!IsPlainPath(path) || (question >= 0 && candidate.AsSpan(question + 1).ContainsAnyExcept(QueryCharacters)))
        {
            return false;
        }

        originForm = candidate;
        pathLength = path.Length;
        return true;
    }

    private static bool TryTakeAbsoluteForm(string target, string authority, [NotNullWhen(true)] out string? originForm)
    {
        const string Scheme = "https://";
        originForm = null;
        if (!target.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ||
            !target.AsSpan(Scheme.Length).StartsWith(authority, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var rest = target[(Scheme.Length + authority.Length)..];
        if (rest.Length > 0 && rest[0] is not ('/' or '?'))
        {
            return false;
        }

        originForm = rest.StartsWith('/') ? rest : "/" + rest;
        return true;
    }

    private static bool IsPlainPath(ReadOnlySpan<char> path)
    {
        if (path.ContainsAnyExcept(PathCharacters) || path.IndexOf("//", StringComparison.Ordinal) >= 0)
        {
            return false;
        }

        return !path.ContainsAny(Suspicious) || (HasOnlyPlainEscapes(path) && !HasDotSegment(path));
    }

    /// <summary>Every '%' begins an escape, none hides a character that means something in a path, and together they are UTF-8.</summary>
    private static bool HasOnlyPlainEscapes(ReadOnlySpan<char> path)
    {
        var whole = path;
        var isAscii = true;
        for (var at = path.IndexOf('%'); at >= 0; at = path.IndexOf('%'))
        {
            if (at + 2 >= path.Length || !char.IsAsciiHexDigit(path[at + 1]) || !char.IsAsciiHexDigit(path[at + 2]))
            {
                return false;
            }

            var escaped = (char)((HexValue(path[at + 1]) << 4) | HexValue(path[at + 2]));
            if (escaped is '/' or '\\' or '.' or '%' or ';' or '?' or '#' or < ' ' or '\x7F')
            {
                return false;
            }

            isAscii &= escaped < 0x80;
            path = path[(at + 3)..];
        }

        return isAscii || IsUtf8(whole);
    }

    /// <summary>Lenient readers take the overlong forms %C0%AE and %E0%80%AF for a dot and a slash.</summary>
    private static bool IsUtf8(ReadOnlySpan<char> path)
    {
        var decoded = new byte[path.Length];
        var length = 0;
        for (var i = 0; i < path.Length; i++)
        {
            decoded[length++] = path[i] == '%' ? (byte)((HexValue(path[++i]) << 4) | HexValue(path[++i])) : (byte)path[i];
        }

        return Utf8.IsValid(decoded.AsSpan(0, length));
    }

    private static bool HasDotSegment(ReadOnlySpan<char> path)
    {
        foreach (var segment in path.Split('/'))
        {
            // "..;x" is ".." to servers that strip path parameters.
            var name = path[segment];
            var semicolon = name.IndexOf(';');
            if ((semicolon < 0 ? name : name[..semicolon]) is "." or "..")
            {
                return true;
            }
        }

        return false;
    }

    private static int HexValue(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
