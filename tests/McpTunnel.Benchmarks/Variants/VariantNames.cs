namespace McpTunnel.Benchmarks.Variants;

internal static class VariantNames
{
    public const string DirectTcp = "direct-tcp";
    public const string DirectTls = "direct-tls";
    public const string DirectYarp = "direct-yarp";
    public const string TunnelCore = "tunnel-core";
    public const string Tunnel = "tunnel";
    public const string TunnelJwt = "tunnel-jwt";
    public const string TunnelQuic = "tunnel-quic";
    public const string TunnelWebsocket = "tunnel-websocket";
    public const string Haproxy = "haproxy";
    public const string OpenSsh = "openssh";

    /// <summary>Suffix of a tunnel that runs with the settings of the command line.</summary>
    public const string WithSettings = "+env";

    /// <summary>Suffix of a tunnel whose edge and client are those of another build.</summary>
    public const string OtherBuild = "+before";
}
