using System.Security.Cryptography.X509Certificates;
using McpTunnel.Certificates;
using McpTunnel.Certificates.Authorities;
using McpTunnel.Certificates.Files;
using McpTunnel.Certificates.Keys;
using McpTunnel.Certificates.Requests;
using McpTunnel.Protocol.Control;
using McpTunnel.Protocol.Names;

namespace McpTunnel.Client.Enrolment;

/// <summary>
/// Enrols this machine: makes the link key here, has the edge sign a request for it, and stores key, certificate, token and record in the state
/// directory in one step. The key never leaves the machine; until the edge has said yes, nothing on disk changes.
/// </summary>
public static class Enroller
{
    /// <summary>The signing request's common name. The edge does not look at it: the tunnel follows from the token.</summary>
    private const string CommonName = "mcptunnel link";

    private const string CheckAddress = "Check that the address is an edge's, and try again.";

    /// <param name="edge">The edge's address, for the record.</param>
    /// <param name="token">The tunnel token.</param>
    /// <param name="stateDirectory">The client's state directory; made when missing. An earlier enrolment in it is replaced.</param>
    /// <param name="callEdge">Sends the call and returns the edge's answer, as <see cref="EnrolmentHttp.CallAsync"/> does; its exceptions pass through.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="EnrolmentException">The token is not one, or the answer does not fit what was asked.</exception>
    /// <exception cref="CertificateException">A file cannot be written; the enrolment before, if there was one, is as it was.</exception>
    public static async Task<EnrolmentRecord> EnrolAsync(
        Uri edge,
        Secret token,
        string stateDirectory,
        Func<EnrolmentCall, CancellationToken, Task<EnrolmentAnswer>> callEdge,
        CancellationToken cancellationToken)
    {
        if (!TunnelToken.TryParse(token.Reveal(), out var parsed))
        {
            throw new EnrolmentException(
                EnrolmentFault.TokenMalformed, "This is not a tunnel token, or it was cut off or mistyped: its checksum is wrong.")
            {
                Remedy = "Copy it again from where it was issued.",
            };
        }

        StateDirectory.Ensure(stateDirectory);
        using var key = PrivateKey.Create();
        var answer = await callEdge(new EnrolmentCall(token, SigningRequest.Create(key, CommonName)), cancellationToken);
        CheckAnswer(answer, parsed.TunnelId, key);

        var record = new EnrolmentRecord(answer.Tunnel, answer.Label, answer.Domain, edge.GetLeftPart(UriPartial.Authority), answer.NotAfter);
        using var files = new AtomicFiles();
        await files.StageAsync(ClientPaths.LinkKey(stateDirectory), key.ExportPem(), FileProtection.OwnerOnly, cancellationToken);
        await files.StageAsync(ClientPaths.LinkCertificate(stateDirectory), answer.Certificate, FileProtection.Public, cancellationToken);
        await files.StageAsync(ClientPaths.Token(stateDirectory), token.Reveal() + "\n", FileProtection.OwnerOnly, cancellationToken);
        await record.StageAsync(files, stateDirectory, cancellationToken);
        Publish(files, stateDirectory);
        return record;
    }

    /// <summary>
    /// Everything is on disk by now. The record goes first and comes back last: whoever is cut off in between finds no enrolment,
    /// instead of a new key beside an old certificate.
    /// </summary>
    private static void Publish(AtomicFiles files, string stateDirectory)
    {
        try
        {
            File.Delete(ClientPaths.Enrolment(stateDirectory));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException(
                CertificateFault.WriteFailed, $"{ClientPaths.Enrolment(stateDirectory)} cannot be replaced: {exception.Message} Nothing was changed.", exception);
        }

        files.Commit();
    }

    private static void CheckAnswer(EnrolmentAnswer answer, string tunnelId, PrivateKey key)
    {
        IReadOnlyList<X509Certificate2> chain;
        try
        {
            chain = CertificateFile.ParseChain(answer.Certificate, "The edge's answer");
        }
        catch (CertificateException exception)
        {
            throw new EnrolmentException(EnrolmentFault.AnswerInvalid, exception.Message, exception);
        }

        try
        {
            if (!key.Matches(chain[0]))
            {
                throw new EnrolmentException(
                    EnrolmentFault.AnswerInvalid, "The edge answered with a certificate for another key.")
                {
                    Remedy = CheckAddress,
                };
            }

            if (answer.Tunnel != tunnelId || LinkCertificateName.TunnelIdOf(chain[0]) != tunnelId)
            {
                throw new EnrolmentException(
                    EnrolmentFault.AnswerInvalid, $"The edge answered with a certificate for another tunnel than the token's, {tunnelId}.")
                {
                    Remedy = CheckAddress,
                };
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
