using McpTunnel.Configuration.Loading;

namespace McpTunnel.Client.Configuration;

/// <summary>Reads <c>client.yaml</c> and the files beside it.</summary>
public static class ClientConfiguration
{
    /// <summary>The directory of drop-in files where none is named.</summary>
    public const string DefaultServersDirectory = "servers.d";

    /// <summary>A loader with all the client's conditions.</summary>
    /// <param name="environment">Variables laid over the file; the process's own when null.</param>
    public static ConfigurationLoader<ClientOptions> Loader(IReadOnlyDictionary<string, string>? environment = null) =>
        new([new ClientOptionsValidator()], new DropInDirectory<ClientOptions, ServerFile>(DirectoryOf, Merge), environment);

    private static string DirectoryOf(ClientOptions options, string mainFile) =>
        options.ServersDirectory ?? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(mainFile)) ?? "/", DefaultServersDirectory);

    private static ClientOptions Merge(ClientOptions options, IReadOnlyList<ServerFile> files) =>
        options with { Servers = [.. options.Servers, .. files.SelectMany(file => file.Servers)] };
}
