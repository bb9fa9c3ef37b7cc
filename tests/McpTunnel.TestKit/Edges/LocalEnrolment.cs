using McpTunnel.Certificates.Requests;
using McpTunnel.Client.Enrolment;
using McpTunnel.Edge.Hosting;
using McpTunnel.Protocol.Control;
using McpTunnel.Registry.Administration;
using McpTunnel.Registry.Credentials;
using McpTunnel.Registry.Tunnels;

namespace McpTunnel.TestKit.Edges;

/// <summary>Enrols clients with the code of edge and client, but without calls between them: an edge takes a few enrolments a second from one address.</summary>
internal static class LocalEnrolment
{
    /// <summary>Makes a tunnel and enrols a client for each of <paramref name="states"/>.</summary>
    /// <param name="edge">An edge that does not run.</param>
    /// <param name="edgeDomain">Its domain.</param>
    /// <param name="label">The tunnel's label.</param>
    /// <param name="states">The clients' state directories.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static async Task<TunnelRecord> EnrolAsync(EdgeResources edge, string edgeDomain, string label, IEnumerable<string> states, CancellationToken cancellationToken)
    {
        var tunnel = await edge.Registry.Tunnels.CreateAsync(label, edgeDomain, AdminActor.Local, cancellationToken);
        var token = await edge.Registry.Credentials.IssueTokenAsync(tunnel.Id, lifetime: null, TimeSpan.Zero, AdminActor.Local, cancellationToken);
        foreach (var state in states)
        {
            await Enroller.EnrolAsync(new Uri($"https://{edgeDomain}"), new Secret(token.Token.Reveal()), state, AnswerAsync, cancellationToken);
        }

        return tunnel;

        async Task<EnrolmentAnswer> AnswerAsync(EnrolmentCall call, CancellationToken stop)
        {
            using var issued = edge.TunnelCa.IssueLinkCertificate(SigningRequest.Parse(call.Csr), tunnel.Id);
            var record = new LinkCertificateRecord(tunnel.Id, issued.Serial, issued.Fingerprint, issued.NotBefore, issued.NotAfter, issued.NotBefore, Revoked: null);
            await edge.Registry.Credentials.AddCertificateAsync(record, AdminActor.Local, stop);
            return new EnrolmentAnswer(tunnel.Id, tunnel.Label, tunnel.Domain, issued.Pem + edge.TunnelCa.CertificatePem, issued.NotAfter);
        }
    }
}
