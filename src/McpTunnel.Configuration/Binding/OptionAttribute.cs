namespace McpTunnel.Configuration.Binding;

/// <summary>
/// Makes a property of an options record a key of the configuration. The property's initial value is the default, a
/// <see langword="required"/> property has none. The same words become the reference documentation, so they say what the
/// option does, not how it is stored.
/// </summary>
/// <remarks>
/// A property is a single value (<see cref="string"/>, <see cref="bool"/>, <see cref="int"/>, <see cref="long"/>,
/// <see cref="TimeSpan"/>, <see cref="Values.ByteSize"/>, <see cref="System.Net.IPNetwork"/>, <see cref="Values.HostEndPoint"/>,
/// <see cref="Uri"/>, an enum), another options record, or an <see cref="IReadOnlyList{T}"/> of either.
/// </remarks>
/// <param name="key">The key in the file: camelCase.</param>
/// <param name="description">One or two sentences for the reference.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionAttribute(string key, string description) : Attribute
{
    /// <summary>The key in the file.</summary>
    public string Key { get; } = key;

    /// <summary>What it does.</summary>
    public string Description { get; } = description;

    /// <summary>Why the default is what it is.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The default as told to people, where the initial value does not say it ("the server's public URL").</summary>
    public string? DefaultText { get; init; }
}
