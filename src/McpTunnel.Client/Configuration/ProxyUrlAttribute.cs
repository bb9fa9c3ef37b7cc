using McpTunnel.Configuration.Binding;

namespace McpTunnel.Client.Configuration;

/// <summary>A proxy's URL without credentials, or <c>none</c>.</summary>
public sealed class ProxyUrlAttribute : OptionRuleAttribute
{
    /// <inheritdoc/>
    public override string Remedy => "Write http://proxy.example.com:3128 or none; user and password go into a file of mode 600 that 'credentialsFile' names";

    /// <inheritdoc/>
    public override string Describe() => "http or https, origin only, or none";

    /// <inheritdoc/>
    public override string? Fault(object value) =>
        (string)value == ProxyOptions.Direct ? null
        : !Uri.TryCreate((string)value, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Host.Length == 0 ? "is not the URL of an HTTP proxy"
        : url.UserInfo.Length > 0 ? "carries credentials, which would be seen in this file and in logs"
        : url.PathAndQuery != "/" || url.Fragment.Length > 0 ? "has a path or query"
        : null;
}
