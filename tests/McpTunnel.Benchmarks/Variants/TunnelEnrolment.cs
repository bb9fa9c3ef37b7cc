using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates.Files;
using McpTunnel.Cli.AdminApi;
using McpTunnel.Client.Enrolment;

namespace McpTunnel.Benchmarks.Variants;

/// <summary>What an operator does once: make a tunnel and its token at the edge, enrol the client with it.</summary>
internal static class TunnelEnrolment
{
    private const string Label = "bench";

    public static async Task EnrolAsync(int port, string edgeState, string clientState, CancellationToken cancellationToken)
    {
        var edge = new Uri(string.Create(CultureInfo.InvariantCulture, $"https://{Workbench.EdgeDomain}:{port}"));
        var address = new IPEndPoint(IPAddress.Loopback, port);
        X509Certificate2Collection authorities = [.. await CertificateFile.ReadChainAsync(Path.Combine(edgeState, "edge-ca.pem"), cancellationToken)];
        var adminKey = await GuardedFile.ReadSecretAsync(Path.Combine(edgeState, EdgeAddress.AdminKeyFile), cancellationToken);

        using var client = new AdminClient(new EdgeConnection(edge, address, authorities, adminKey));
        var administration = new EdgeAdministration(client);
        await administration.CreateTunnelAsync(Label, cancellationToken);
        var issued = await administration.IssueTokenAsync(Label, lifetime: null, overlap: null, cancellationToken);

        using var http = new HttpClient(Handler(address, authorities)) { BaseAddress = edge };
        await Enroller.EnrolAsync(edge, issued.Token, clientState, CallAsync, cancellationToken);

        async Task<EnrolmentAnswer> CallAsync(EnrolmentCall call, CancellationToken token)
        {
            using var response = await http.PostAsJsonAsync("/v1/enroll", new { token = call.Token.Reveal(), csr = call.Csr }, token);
            response.EnsureSuccessStatusCode();
            return (await response.Content.ReadFromJsonAsync<EnrolmentAnswer>(token))!;
        }
    }

    private static SocketsHttpHandler Handler(IPEndPoint address, X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy },
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(address, token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
    }
}
