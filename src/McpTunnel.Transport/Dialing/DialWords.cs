namespace McpTunnel.Transport.Dialing;

/// <summary>What a person who reads an error can change, by the names it has for that person.</summary>
/// <param name="AuthoritiesFile">Names the edge's CAs.</param>
/// <param name="Proxy">Names the proxy.</param>
/// <param name="ProxyCredentials">Names the file with the proxy's credentials.</param>
/// <param name="ProxyScheme">Names how the proxy is answered.</param>
public sealed record DialWords(string AuthoritiesFile, string Proxy, string ProxyCredentials, string ProxyScheme)
{
    /// <summary>The keys of the client's configuration.</summary>
    public static DialWords Configuration { get; } = new("'edgeCaFile'", "'proxy: url'", "'proxy: credentialsFile'", "'proxy: scheme'");

    /// <summary>The options of a command.</summary>
    public static DialWords Command { get; } = new("--ca-file", "--proxy", "--proxy-credentials-file", "--proxy-scheme");
}
