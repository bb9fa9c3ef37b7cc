using System.Globalization;
using System.Net;
using System.Text;

namespace McpTunnel.Cli.Demo;

/// <summary>Writes the <c>client.yaml</c> of a demo: the file that an operator would write, with nothing that only a demo could say.</summary>
internal static class ClientYaml
{
    /// <param name="edge">The edge's address, as agents and clients name it.</param>
    /// <param name="edgeCaFile">The CA of the edge's own certificate.</param>
    /// <param name="edgeEndPoint">Where the edge listens: the demo's domain has no DNS entry.</param>
    /// <param name="stateDirectory">Where the enrolment and the server certificate are.</param>
    /// <param name="servers">Names and upstreams.</param>
    /// <param name="issuer">The issuer whose tokens the servers take.</param>
    public static string Write(
        Uri edge, string edgeCaFile, IPEndPoint edgeEndPoint, string stateDirectory, IReadOnlyList<UpstreamSpec> servers, string issuer)
    {
        var yaml = new StringBuilder();
        yaml.Append(CultureInfo.InvariantCulture, $"edge: {Quote(edge.GetLeftPart(UriPartial.Authority))}\n");
        yaml.Append(CultureInfo.InvariantCulture, $"edgeCaFile: {Quote(edgeCaFile)}\n");
        yaml.Append(CultureInfo.InvariantCulture, $"edgeEndPoints: [{Quote(edgeEndPoint.ToString())}]\n");
        yaml.Append(CultureInfo.InvariantCulture, $"stateDirectory: {Quote(stateDirectory)}\n");
        yaml.Append("management:\n  listen: 127.0.0.1:0\n");
        yaml.Append("servers:\n");
        foreach (var server in servers)
        {
            yaml.Append(CultureInfo.InvariantCulture, $"  - name: {server.Name}\n");
            yaml.Append(CultureInfo.InvariantCulture, $"    upstream: {Quote(server.Url.AbsoluteUri)}\n");
            yaml.Append("    # This machine, which counts only when it is named, and the private ranges.\n");
            yaml.Append("    allowedNetworks: [127.0.0.0/8, '::1/128', 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 'fc00::/7']\n");
            yaml.Append("    authentication:\n      mode: jwt\n");
            yaml.Append(CultureInfo.InvariantCulture, $"      issuer: {Quote(issuer)}\n");
            yaml.Append("      issuerNetworks: [127.0.0.0/8]\n");
            yaml.Append("      requiredScopes: ['mcp:tools']\n");
        }

        return yaml.ToString();
    }

    private static string Quote(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";
}
