using McpTunnel.Configuration.Binding;

namespace McpTunnel.Configuration.Rules;

/// <summary>
/// A path. A relative one counts from the directory of the file it is written in (from the working directory when it comes
/// from the environment), and is made absolute while it is read.
/// </summary>
public sealed class FilePathAttribute : OptionRuleAttribute
{
    /// <inheritdoc/>
    public override string Remedy => "Write a path";

    /// <inheritdoc/>
    public override string Describe() => "a path, relative to this file's directory";

    /// <inheritdoc/>
    public override string? Fault(object value) => value is "" ? "is empty" : null;
}
