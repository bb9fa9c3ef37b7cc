namespace McpTunnel.Client.Routing;

/// <summary>Brings host names to one form for comparison: no port, no final dot; the case is left to the comparer.</summary>
internal static class PublicHost
{
    /// <summary>The name in a Host header or <c>:authority</c>.</summary>
    public static ReadOnlySpan<char> NameOf(string authority)
    {
        var name = authority.AsSpan();

        // An IPv6 literal is no server's name; it stays as it is and matches nothing.
        var colon = name.LastIndexOf(':');
        if (colon >= 0 && name[^1] != ']')
        {
            name = name[..colon];
        }

        return WithoutDot(name);
    }

    public static ReadOnlySpan<char> WithoutDot(ReadOnlySpan<char> name) => name.EndsWith('.') ? name[..^1] : name;
}
