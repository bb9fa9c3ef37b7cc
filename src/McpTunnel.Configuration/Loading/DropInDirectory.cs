using McpTunnel.Configuration.Binding;

namespace McpTunnel.Configuration.Loading;

/// <summary>A directory whose <c>*.yaml</c> files each hold a <typeparamref name="TFile"/>, read in the order of their names.</summary>
/// <param name="directory">Finds the directory from the main options and the main file's path; a directory that does not exist has no files.</param>
/// <param name="merge">Adds the files to the main options. It must keep the instances it is given: errors are located by them.</param>
public sealed class DropInDirectory<T, TFile>(Func<T, string, string?> directory, Func<T, IReadOnlyList<TFile>, T> merge) : IDropInDirectory<T>
    where T : class
    where TFile : class
{
    /// <inheritdoc/>
    public OptionsSchema Schema => OptionsSchema.For(typeof(TFile));

    /// <inheritdoc/>
    public string? Directory(T options, string mainFile) => directory(options, mainFile);

    /// <inheritdoc/>
    public T Merge(T options, IReadOnlyList<object> files) => merge(options, [.. files.Cast<TFile>()]);
}
