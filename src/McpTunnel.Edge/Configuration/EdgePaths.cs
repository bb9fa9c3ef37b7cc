namespace McpTunnel.Edge.Configuration;

/// <summary>The files of an edge's state directory.</summary>
internal static class EdgePaths
{
    public static string Certificate(EdgeOptions options) => options.Certificate.CertificateFile ?? Path.Combine(options.State, "edge.pem");

    public static string Key(EdgeOptions options) => options.Certificate.KeyFile ?? Path.Combine(options.State, "edge.key");

    public static string TunnelCa(EdgeOptions options) => Path.Combine(options.State, "tunnel-ca.pem");
}
