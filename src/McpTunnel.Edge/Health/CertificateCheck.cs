using McpTunnel.Certificates.Live;
using McpTunnel.Edge.Ingress;

namespace McpTunnel.Edge.Health;

internal sealed class CertificateCheck(CertificateSource source, EdgeNames names, TimeProvider time) : IReadinessCheck
{
    public string Name => "certificate";

    public ValueTask<string?> FindProblemAsync(CancellationToken cancellationToken) => new(FindProblem());

    private string? FindProblem()
    {
        var status = source.Status;
        if (time.GetUtcNow() > status.Served.NotAfter)
        {
            return $"The certificate of the edge's own names ended {status.Served.NotAfter:u}. Replace its files; they are picked up live. {status.Problem}".TrimEnd();
        }

        var certificate = source.Certificate;
        var missing = new[] { names.Domain, names.Link }.Where(name => !certificate.MatchesHostname(name, allowWildcards: true, allowCommonName: false)).ToList();
        return missing.Count == 0
            ? null
            : $"The certificate of the edge's own names is not for {string.Join(" and ", missing)}: clients refuse it. Was 'domain' changed after 'edge init'? Replace the certificate, or put 'domain' back.";
    }
}
