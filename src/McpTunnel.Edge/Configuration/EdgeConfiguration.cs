using McpTunnel.Configuration.Loading;
using McpTunnel.Edge.Initialization;

namespace McpTunnel.Edge.Configuration;

/// <summary>Reads <c>edge.yaml</c>.</summary>
public static class EdgeConfiguration
{
    /// <summary>The file's name in a state directory made by <c>edge init</c>.</summary>
    public const string FileName = EdgeStateFiles.Configuration;

    /// <summary>A loader with all the edge's conditions.</summary>
    /// <param name="environment">Variables laid over the file; the process's own when null.</param>
    public static ConfigurationLoader<EdgeOptions> Loader(IReadOnlyDictionary<string, string>? environment = null) =>
        new([new EdgeOptionsValidator()], dropIns: null, environment);
}
