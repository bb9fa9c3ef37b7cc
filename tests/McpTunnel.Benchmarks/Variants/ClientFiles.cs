using System.Globalization;
using McpTunnel.Transport;

namespace McpTunnel.Benchmarks.Variants;

/// <summary>Writes what a tunnel client starts from.</summary>
internal static class ClientFiles
{
    /// <summary>The configuration of a client with the one server of this harness.</summary>
    /// <param name="edgePort">Where the edge takes links.</param>
    /// <param name="publicPort">Where agents reach the edge.</param>
    /// <param name="edgeCaFile">Who issued the edge's certificate.</param>
    /// <param name="issuer">Where the server's callers get their tokens; null when it asks for none.</param>
    /// <param name="carrier">What its links run on.</param>
    public static async Task<string> WriteConfigurationAsync(
        Workbench bench, string stateDirectory, int edgePort, int publicPort, string edgeCaFile, string? issuer, Carrier carrier, CancellationToken cancellationToken)
    {
        var file = Path.Combine(stateDirectory, "client.yaml");
        var authentication = issuer is null
            ? "{ mode: none }"
            : $$"""{ mode: jwt, issuer: "{{issuer}}", requiredScopes: ["mcp:tools"], issuerNetworks: ["127.0.0.0/8"] }""";
        await File.WriteAllTextAsync(
            file,
            string.Create(CultureInfo.InvariantCulture, $"""
                edge: https://{Workbench.EdgeDomain}:{edgePort}
                edgeEndPoints: [{bench.Network.PublicAddress}:{edgePort}]
                edgeCaFile: {edgeCaFile}
                stateDirectory: {stateDirectory}
                publicPort: {publicPort}
                links:
                  carriers: [{carrier.WireName()}]
                certificate:
                  certificateFile: {bench.Credentials.ServerCertificate}
                  keyFile: {bench.Credentials.ServerKey}
                limits:
                  maxRequestBody: 1GiB
                management:
                  listen: 127.0.0.1:0
                servers:
                  - name: {Workbench.Server}
                    upstream: {bench.UpstreamUrl}/mcp
                    allowedNetworks: [127.0.0.0/8]
                    authentication: {authentication}

                """),
            cancellationToken);
        return file;
    }
}
