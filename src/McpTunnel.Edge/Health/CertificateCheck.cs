using McpTunnel.Certificates.Live;

namespace McpTunnel.Edge.Health;

internal sealed class CertificateCheck(CertificateSource source, TimeProvider time) : IReadinessCheck
{
    public string Name => "certificate";

    public ValueTask<string?> FindProblemAsync(CancellationToken cancellationToken)
    {
        var status = source.Status;
        var expired = time.GetUtcNow() > status.Served.NotAfter;
        return new(expired
            ? $"The certificate of the edge's own names ended {status.Served.NotAfter:u}. Replace its files; they are picked up live. {status.Problem}".TrimEnd()
            : null);
    }
}
