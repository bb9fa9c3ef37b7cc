using System.Globalization;
using McpTunnel.Certificates.Files;
using McpTunnel.Certificates.Requests;
using McpTunnel.Client.Enrolment;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Hosting;
using McpTunnel.Edge.Initialization;
using McpTunnel.Protocol.Control;
using McpTunnel.Registry.Administration;
using McpTunnel.Registry.Credentials;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.Benchmarks.Fleet;

/// <summary>
/// Makes the tunnels and enrols a client for each, with the code of edge and client but without calls between them: what is measured is links, and an edge takes
/// a few enrolments a second from one address.
/// </summary>
internal static class FleetEnrolment
{
    /// <summary>The state directory of one client of the fleet.</summary>
    public static string DirectoryOf(string root, int client) => Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"client-{client}"));

    /// <summary>Makes the edge's state and those of <paramref name="clients"/> clients.</summary>
    public static async Task RunAsync(string domain, string edgeState, string root, int clients, CancellationToken cancellationToken)
    {
        var made = await EdgeInitializer.InitializeAsync(
            new EdgeInitialization { Domain = domain, StateDirectory = edgeState }, TimeProvider.System, NullLoggerFactory.Instance, cancellationToken);
        var options = EdgeConfiguration.Loader().Load(made.ConfigurationFile).Require();
        await using var edge = await EdgeResources.OpenAsync(options, predecessor: null, NullLoggerFactory.Instance, TimeProvider.System, cancellationToken);
        StateDirectory.Ensure(root);
        for (var client = 0; client < clients; client++)
        {
            await EnrolAsync(edge, domain, DirectoryOf(root, client), string.Create(CultureInfo.InvariantCulture, $"fleet-{client}"), cancellationToken);
        }
    }

    private static async Task EnrolAsync(EdgeResources edge, string domain, string state, string label, CancellationToken cancellationToken)
    {
        var tunnel = await edge.Registry.Tunnels.CreateAsync(label, domain, AdminActor.Local, cancellationToken);
        var token = await edge.Registry.Credentials.IssueTokenAsync(tunnel.Id, lifetime: null, TimeSpan.Zero, AdminActor.Local, cancellationToken);
        await Enroller.EnrolAsync(new Uri("https://" + domain), new Secret(token.Token.Reveal()), state, AnswerAsync, cancellationToken);

        async Task<EnrolmentAnswer> AnswerAsync(EnrolmentCall call, CancellationToken stop)
        {
            using var issued = edge.TunnelCa.IssueLinkCertificate(SigningRequest.Parse(call.Csr), tunnel.Id);
            var record = new LinkCertificateRecord(tunnel.Id, issued.Serial, issued.Fingerprint, issued.NotBefore, issued.NotAfter, issued.NotBefore, Revoked: null);
            await edge.Registry.Credentials.AddCertificateAsync(record, AdminActor.Local, stop);
            return new EnrolmentAnswer(tunnel.Id, tunnel.Label, tunnel.Domain, issued.Pem + edge.TunnelCa.CertificatePem, issued.NotAfter);
        }
    }
}
