using McpTunnel.Edge.Initialization;

namespace McpTunnel.Edge.Configuration;

/// <summary>Where an edge with these options has its files.</summary>
internal static class EdgePaths
{
    public static string Certificate(EdgeOptions options) => options.Certificate.CertificateFile ?? InState(options, EdgeStateFiles.Certificate);

    public static string Key(EdgeOptions options) => options.Certificate.KeyFile ?? InState(options, EdgeStateFiles.Key);

    public static string TunnelCa(EdgeOptions options) => InState(options, EdgeStateFiles.TunnelCa);

    public static string TunnelCaKey(EdgeOptions options) => InState(options, EdgeStateFiles.TunnelCaKey);

    public static string Registry(EdgeOptions options) => InState(options, EdgeStateFiles.Registry);

    public static string Handover(EdgeOptions options) => Path.GetFullPath(InState(options, EdgeStateFiles.Handover));

    private static string InState(EdgeOptions options, string file) => Path.Combine(options.State, file);
}
