using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Requests;
using McpTunnel.Cli.CertsCommands;
using McpTunnel.Client.Enrolment;
using McpTunnel.Configuration.Values;
using McpTunnel.Edge.Configuration;
using McpTunnel.Edge.Hosting;
using McpTunnel.Edge.Initialization;
using McpTunnel.Protocol.Control;
using McpTunnel.Registry.Administration;
using McpTunnel.Registry.Credentials;
using McpTunnel.Registry.Tunnels;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpTunnel.IntegrationTests;

/// <summary>
/// The files of an edge with one tunnel and of clients enrolled with it, as the commands leave them, made without starting a process for each: for tests of what comes after.
/// </summary>
internal static class PreparedTunnel
{
    public const string Label = "acme";

    /// <summary>Makes them. The first client has the inner side's CA and a server certificate too.</summary>
    /// <param name="edgeDomain">The edge's domain.</param>
    /// <param name="edgeState">Its state directory, empty or not there.</param>
    /// <param name="listen">Where it is to listen; null for the default.</param>
    /// <param name="clientStates">The clients' state directories.</param>
    public static async Task<EdgeInitialized> MakeAsync(string edgeDomain, string edgeState, HostEndPoint? listen, params string[] clientStates)
    {
        var made = await EdgeInitializer.InitializeAsync(
            new EdgeInitialization { Domain = edgeDomain, StateDirectory = edgeState, Listen = listen is null ? [] : [listen] },
            TimeProvider.System,
            NullLoggerFactory.Instance,
            CancellationToken.None);
        var options = EdgeConfiguration.Loader(new Dictionary<string, string>()).Load(made.ConfigurationFile).Require();
        await using var edge = await EdgeResources.OpenAsync(options, predecessor: null, NullLoggerFactory.Instance, TimeProvider.System, CancellationToken.None);
        var tunnel = await edge.Registry.Tunnels.CreateAsync(Label, edgeDomain, AdminActor.Local, CancellationToken.None);
        var token = await edge.Registry.Credentials.IssueTokenAsync(tunnel.Id, lifetime: null, TimeSpan.Zero, AdminActor.Local, CancellationToken.None);
        foreach (var client in clientStates)
        {
            await Enroller.EnrolAsync(
                new Uri($"https://{edgeDomain}"), new Secret(token.Token.Reveal()), client, (call, _) => AnswerAsync(edge, tunnel, call), CancellationToken.None);
        }

        await ServerFiles.InitAsync(clientStates[0], tunnel.Domain, [], Validity.Server, TimeProvider.System, CancellationToken.None);
        return made;
    }

    private static async Task<EnrolmentAnswer> AnswerAsync(EdgeResources edge, TunnelRecord tunnel, EnrolmentCall call)
    {
        using var issued = edge.TunnelCa.IssueLinkCertificate(SigningRequest.Parse(call.Csr), tunnel.Id);
        await edge.Registry.Credentials.AddCertificateAsync(
            new LinkCertificateRecord(tunnel.Id, issued.Serial, issued.Fingerprint, issued.NotBefore, issued.NotAfter, issued.NotBefore, Revoked: null),
            AdminActor.Local,
            CancellationToken.None);
        return new EnrolmentAnswer(tunnel.Id, tunnel.Label, tunnel.Domain, issued.Pem + edge.TunnelCa.CertificatePem, issued.NotAfter);
    }
}
