using McpTunnel.Client.Routing;
using McpTunnel.Configuration.Binding;

namespace McpTunnel.Client.Configuration;

/// <summary>A path as it stands on a request line, judged as strictly as requests are.</summary>
public sealed class RequestPathAttribute : OptionRuleAttribute
{
    /// <inheritdoc/>
    public override string Remedy => "Write a path such as /mcp, without '..', '//', '?' and encoded slashes";

    /// <inheritdoc/>
    public override string Describe() => "a path that begins with /";

    /// <inheritdoc/>
    public override string? Fault(object value) => FaultOf((string)value);

    internal static string? FaultOf(string path) =>
        path.Contains('?') || !path.StartsWith('/') || !RequestTarget.TryParse(path, "", out _, out _) ? "is not a path that requests may have" : null;
}
