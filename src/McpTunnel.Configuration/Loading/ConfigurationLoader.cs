using System.Collections;
using System.Security.Cryptography;
using System.Text;
using McpTunnel.Configuration.Binding;
using McpTunnel.Configuration.Yaml;

namespace McpTunnel.Configuration.Loading;

/// <summary>
/// Reads a main YAML file, its drop-in files and the environment into <typeparamref name="T"/>, then runs the validators.
/// Reports every error of every file at once. Thread-safe.
/// </summary>
/// <param name="validators">Conditions between options, run in turn.</param>
/// <param name="dropIns">Further files beside the main one.</param>
/// <param name="environment">Variables laid over the main file; the process's own when null.</param>
public sealed class ConfigurationLoader<T>(
    IReadOnlyList<IConfigurationValidator<T>>? validators = null,
    IDropInDirectory<T>? dropIns = null,
    IReadOnlyDictionary<string, string>? environment = null)
    where T : class
{
    /// <summary>Reads the configuration at <paramref name="path"/>. Throws nothing for what a person can mend.</summary>
    public ConfigurationResult<T> Load(string path)
    {
        var errors = new List<ConfigurationError>();
        var sources = new SourceMap(SourceLocation.WholeFile(path));
        var files = new List<SourceFile> { SourceFile.ReadIfFile(path, errors) };
        var options = (T?)BindFile(files[0], OptionsSchema.For(typeof(T)), sources, errors, overrides: true);
        if (options is not null && dropIns?.Directory(options, path) is { } directory)
        {
            var read = SourceFile.ReadDirectory(directory, errors);
            files.AddRange(read);
            var bound = read.Select(file => BindFile(file, dropIns.Schema, sources, errors, overrides: false)).OfType<object>().ToList();
            options = Merge(options, bound, sources);
        }

        if (options is not null)
        {
            var context = new ValidationContext(sources, errors);
            foreach (var validator in validators ?? [])
            {
                validator.Validate(options, context);
            }
        }

        return new ConfigurationResult<T>(
            errors.Count == 0 ? options : null, Bounded(errors), [.. files.Select(file => file.Path)], Fingerprint(files));
    }

    private static List<ConfigurationError> Bounded(List<ConfigurationError> errors)
    {
        if (errors.Count <= ConfigurationLimits.MaxErrors)
        {
            return errors;
        }

        var rest = errors.Count - ConfigurationLimits.MaxErrors;
        var last = errors[ConfigurationLimits.MaxErrors - 1].Location;
        return [.. errors.Take(ConfigurationLimits.MaxErrors), new ConfigurationError(last, $"{rest} more errors follow", "Mend the ones above first")];
    }

    private static string Fingerprint(List<SourceFile> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{file.Path}\0{file.Digest}\0"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private T Merge(T options, List<object> bound, SourceMap sources)
    {
        var merged = dropIns!.Merge(options, bound);
        sources.Alias(merged, options);
        return merged;
    }

    private object? BindFile(SourceFile file, OptionsSchema schema, SourceMap sources, List<ConfigurationError> errors, bool overrides)
    {
        if (file.Text is null || YamlDocumentReader.Read(file.Text, file.Path, errors) is not { } root)
        {
            return null;
        }

        if (overrides && root is MappingNode mapping)
        {
            EnvironmentOverrides.Apply(mapping, schema, environment ?? ProcessEnvironment(), errors);
        }

        return new OptionsBinder(errors, sources).BindSection(schema, root, "this file");
    }

    private static Dictionary<string, string> ProcessEnvironment() =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);
}
