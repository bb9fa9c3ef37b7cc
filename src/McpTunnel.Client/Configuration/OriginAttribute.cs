using McpTunnel.Configuration.Binding;

namespace McpTunnel.Client.Configuration;

/// <summary>A serialized origin (RFC 6454 section 6.2): scheme, host, port unless it is the scheme's own; lower case.</summary>
public sealed class OriginAttribute : OptionRuleAttribute
{
    /// <inheritdoc/>
    public override string Remedy => "Write scheme, host and port as browsers send them, such as https://app.example.com or http://localhost:6274";

    /// <inheritdoc/>
    public override string Describe() => "an origin";

    /// <inheritdoc/>
    public override string? Fault(object value)
    {
        var origin = (string)value;
        return Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.GetLeftPart(UriPartial.Authority) == origin && uri.UserInfo.Length == 0
            ? null
            : "is not an origin";
    }
}
