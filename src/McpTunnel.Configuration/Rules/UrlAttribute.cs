using McpTunnel.Configuration.Binding;

namespace McpTunnel.Configuration.Rules;

/// <summary>An absolute URL of one of the given schemes, without user information and fragment.</summary>
public sealed class UrlAttribute(params string[] schemes) : OptionRuleAttribute
{
    /// <summary>The schemes allowed, lower case.</summary>
    public IReadOnlyList<string> Schemes { get; } = schemes;

    /// <summary>Whether the URL is scheme, host and port alone.</summary>
    public bool OriginOnly { get; init; }

    /// <inheritdoc/>
    public override string Remedy => OriginOnly
        ? $"Write {string.Join(" or ", Schemes)}, a host and a port if needed, such as {Schemes[0]}://edge.example.com"
        : $"Write an absolute {string.Join(" or ", Schemes)} URL without user name, password and fragment";

    /// <inheritdoc/>
    public override string Describe() => $"{string.Join(" or ", Schemes)}{(OriginOnly ? ", origin only" : "")}";

    /// <inheritdoc/>
    public override string? Fault(object value)
    {
        var url = (Uri)value;
        return !Schemes.Contains(url.Scheme) ? $"does not start with {string.Join(":// or ", Schemes)}://"
            : url.Host.Length == 0 ? "has no host"
            : url.UserInfo.Length > 0 ? "carries a user name or password"
            : url.Fragment.Length > 0 ? "has a fragment"
            : OriginOnly && (url.AbsolutePath != "/" || url.Query.Length > 0) ? "has a path or query"
            : null;
    }
}
