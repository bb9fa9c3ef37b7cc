using McpTunnel.Client.Proxying;
using McpTunnel.Configuration.Binding;

namespace McpTunnel.Client.Configuration;

/// <summary>One entry of a proxy's bypass list.</summary>
public sealed class ProxyBypassAttribute : OptionRuleAttribute
{
    /// <inheritdoc/>
    public override string Remedy => "Write a host such as edge.example.com, a domain such as .example.com, or a network such as 10.0.0.0/8";

    /// <inheritdoc/>
    public override string Describe() => "a host, .domain or network";

    /// <inheritdoc/>
    public override string? Fault(object value) => ProxyBypassList.IsEntry((string)value) ? null : "is no host, domain or network";
}
