using McpTunnel.Configuration.Binding;

namespace McpTunnel.Configuration.Rules;

/// <summary>A host name of several labels (RFC 1123 section 2.1), lower case, without a final dot.</summary>
public sealed class DnsNameAttribute : OptionRuleAttribute
{
    private const int MaxLength = 253;

    /// <inheritdoc/>
    public override string Remedy => "Write a host name such as tunnel.example.com, in lower case";

    /// <inheritdoc/>
    public override string Describe() => "a DNS name, lower case";

    /// <inheritdoc/>
    public override string? Fault(object value)
    {
        var name = (string)value;
        return name.Length <= MaxLength && name.Split('.').All(label => DnsLabelAttribute.IsLabel(label)) ? null : "is not a DNS name";
    }
}
