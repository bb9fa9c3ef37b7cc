using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Files;
using McpTunnel.Cli.AdminApi;
using McpTunnel.Edge.Initialization;

namespace McpTunnel.Benchmarks.Variants;

/// <summary>What an operator does once: make a tunnel and its token at the edge, enrol the client with it.</summary>
internal static class TunnelEnrolment
{
    private const string Label = "bench";

    public static async Task EnrolAsync(int port, string edgeState, string clientState, CancellationToken cancellationToken)
    {
        var edge = new Uri(string.Create(CultureInfo.InvariantCulture, $"https://{Workbench.EdgeDomain}:{port}"));
        X509Certificate2Collection authorities = [.. await CertificateFile.ReadChainAsync(Path.Combine(edgeState, EdgeStateFiles.EdgeCa), cancellationToken)];
        var adminKey = await GuardedFile.ReadSecretAsync(Path.Combine(edgeState, EdgeStateFiles.AdminKey), cancellationToken);
        var connection = new EdgeConnection(edge, new IPEndPoint(IPAddress.Loopback, port), authorities);

        using var api = new EdgeApi(connection, adminKey);
        var administration = new EdgeAdministration(api);
        await administration.CreateTunnelAsync(Label, cancellationToken);
        var issued = await administration.IssueTokenAsync(Label, lifetime: null, overlap: null, cancellationToken);
        await EdgeEnrolment.EnrolAsync(connection, issued.Token, clientState, cancellationToken);
    }
}
