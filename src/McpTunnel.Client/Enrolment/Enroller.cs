using McpTunnel.Certificates;
using McpTunnel.Certificates.Files;
using McpTunnel.Certificates.Keys;
using McpTunnel.Certificates.Requests;
using McpTunnel.Certificates.Secrets;

namespace McpTunnel.Client.Enrolment;

/// <summary>
/// Enrols this machine: makes the link key here, has the edge sign a request for it, and stores key, certificate, token and record in the state
/// directory in one step. The key never leaves the machine; until the edge has said yes, nothing on disk changes.
/// </summary>
public static class Enroller
{
    /// <summary>The signing request's common name. The edge does not look at it: the tunnel follows from the token.</summary>
    private const string CommonName = "mcptunnel link";

    /// <param name="edge">The edge's address, for the record.</param>
    /// <param name="token">The tunnel token.</param>
    /// <param name="stateDirectory">The client's state directory; made when missing. An earlier enrolment in it is replaced.</param>
    /// <param name="callEdge">Sends the call and returns the edge's answer; its exceptions pass through.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="CertificateException">The answer's certificate is not for the key, or a file cannot be written.</exception>
    public static async Task<EnrolmentRecord> EnrolAsync(
        Uri edge,
        Secret token,
        string stateDirectory,
        Func<EnrolmentCall, CancellationToken, Task<EnrolmentAnswer>> callEdge,
        CancellationToken cancellationToken)
    {
        StateDirectory.Ensure(stateDirectory);
        using var key = PrivateKey.Create();
        var answer = await callEdge(new EnrolmentCall(token, SigningRequest.Create(key, CommonName)), cancellationToken);
        CheckCertificate(answer, key);

        var record = new EnrolmentRecord(answer.Tunnel, answer.Label, answer.Domain, edge.GetLeftPart(UriPartial.Authority), answer.NotAfter);
        using var files = new AtomicFiles();
        await files.StageAsync(ClientPaths.LinkKey(stateDirectory), key.ExportPem(), FileProtection.OwnerOnly, cancellationToken);
        await files.StageAsync(ClientPaths.LinkCertificate(stateDirectory), answer.Certificate, FileProtection.Public, cancellationToken);
        await files.StageAsync(ClientPaths.Token(stateDirectory), token.Reveal() + "\n", FileProtection.OwnerOnly, cancellationToken);
        await record.StageAsync(files, stateDirectory, cancellationToken);
        files.Commit();
        return record;
    }

    private static void CheckCertificate(EnrolmentAnswer answer, PrivateKey key)
    {
        var chain = CertificateFile.ParseChain(answer.Certificate, "The edge's answer");
        try
        {
            if (!key.Matches(chain[0]))
            {
                throw new CertificateException(CertificateFault.KeyMismatch, "The edge answered with a certificate for another key. Check that the address is an edge's, and try again.");
            }
        }
        finally
        {
            foreach (var certificate in chain)
            {
                certificate.Dispose();
            }
        }
    }
}
