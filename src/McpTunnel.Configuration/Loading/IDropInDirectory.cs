using McpTunnel.Configuration.Binding;

namespace McpTunnel.Configuration.Loading;

/// <summary>Further files beside the main one, each owned by somebody else. Made by <see cref="DropInDirectory{T,TFile}"/>.</summary>
public interface IDropInDirectory<T>
    where T : class
{
    /// <summary>The directory that belongs to the main file at <paramref name="mainFile"/>; null when there is none.</summary>
    string? Directory(T options, string mainFile);

    /// <summary>The keys of one file.</summary>
    OptionsSchema Schema { get; }

    /// <summary>The main options with the files' contents added.</summary>
    T Merge(T options, IReadOnlyList<object> files);
}
