namespace McpTunnel.Cli.Demo;

/// <summary>
/// The names of a demo. They end in <c>.localhost</c>, which RFC 6761 reserves for loopback: curl and browsers take them there
/// without asking DNS, so that the printed URLs work on any machine.
/// </summary>
internal static class DemoNames
{
    public const string EdgeDomain = "tunnel.localhost";

    public const string Label = "demo";

    public const string TunnelDomain = Label + "." + EdgeDomain;

    /// <summary>A server's public URL, which is also the audience of its tokens.</summary>
    public static Uri PublicUrl(UpstreamSpec server, int port) =>
        new UriBuilder(Uri.UriSchemeHttps, $"{server.Name}.{TunnelDomain}", port, server.Url.AbsolutePath).Uri;
}
