using System.Collections.Concurrent;
using System.Reflection;

namespace McpTunnel.Configuration.Binding;

/// <summary>The keys of one options record, in the order of its properties. Thread-safe.</summary>
public sealed class OptionsSchema
{
    private static readonly ConcurrentDictionary<Type, OptionsSchema> Cache = new();

    private readonly Dictionary<string, OptionDescriptor> _byKey;

    private OptionsSchema(Type type)
    {
        Type = type;
        var defaults = Create();
        Options = [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Select(property => OptionDescriptor.For(property, defaults))
            .OfType<OptionDescriptor>()];
        _byKey = Options.ToDictionary(option => option.Key, StringComparer.Ordinal);
        Keys = [.. Options.Select(option => option.Key)];
    }

    /// <summary>The record.</summary>
    public Type Type { get; }

    /// <summary>Its keys.</summary>
    public IReadOnlyList<OptionDescriptor> Options { get; }

    internal IReadOnlyList<string> Keys { get; }

    /// <summary>The schema of <paramref name="type"/>.</summary>
    public static OptionsSchema For(Type type) => Cache.GetOrAdd(type, static t => new OptionsSchema(t));

    internal OptionDescriptor? Find(string key) => _byKey.GetValueOrDefault(key);

    internal OptionDescriptor? FindIgnoringCase(string key) =>
        Options.FirstOrDefault(option => string.Equals(option.Key, key, StringComparison.OrdinalIgnoreCase));

    internal OptionDescriptor? FindProperty(string property) =>
        Options.FirstOrDefault(option => option.Property.Name == property);

    // A constructor call by reflection is not held to `required` members: what is missing is reported, all at once.
    internal object Create() =>
        (Type.GetConstructor(Type.EmptyTypes)
            ?? throw new InvalidOperationException($"The options record {Type} needs a constructor without parameters.")).Invoke(null);
}
