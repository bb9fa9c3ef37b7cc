using System.Text.Json;
using McpTunnel.Certificates;
using McpTunnel.Certificates.Files;

namespace McpTunnel.Client.Enrolment;

/// <summary>What an enrolment learnt from the edge, kept as <c>enrolment.json</c> in the state directory. Holds no secret. Immutable.</summary>
/// <param name="Tunnel">The tunnel's id (<c>tnl_…</c>).</param>
/// <param name="Label">Its label, such as <c>acme</c>.</param>
/// <param name="Domain">The domain below which its servers are, such as <c>acme.tunnel.example.com</c>.</param>
/// <param name="Edge">The edge's address, such as <c>https://tunnel.example.com</c>.</param>
/// <param name="CertificateExpires">When the link certificate ends.</param>
public sealed record EnrolmentRecord(string Tunnel, string Label, string Domain, string Edge, DateTimeOffset CertificateExpires)
{
    /// <summary>Longer than any record; more is not one.</summary>
    private const int MaxBytes = 64 * 1024;

    /// <summary>Reads the record of a state directory.</summary>
    /// <exception cref="McpTunnel.Certificates.CertificateException">Missing or unreadable.</exception>
    /// <exception cref="InvalidDataException">Damaged; the message says where and what to do.</exception>
    public static async Task<EnrolmentRecord> ReadAsync(string stateDirectory, CancellationToken cancellationToken)
    {
        var path = ClientPaths.Enrolment(stateDirectory);
        byte[] bytes;
        try
        {
            bytes = await GuardedFile.ReadAsync(path, MaxBytes, FileProtection.Public, cancellationToken);
        }
        catch (CertificateException exception) when (exception.Fault == CertificateFault.FileMissing)
        {
            throw new CertificateException(
                CertificateFault.FileMissing, $"{path} does not exist: nothing was enrolled here, or an enrolment was cut off. Run: mcptunnel client enroll", exception);
        }

        try
        {
            return JsonSerializer.Deserialize(bytes, EnrolmentJson.Default.EnrolmentRecord) is { Tunnel.Length: > 0, Domain.Length: > 0 } record
                ? record
                : throw new JsonException();
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path} is damaged. Enrol again: mcptunnel client enroll", exception);
        }
    }

    /// <summary>Writes the record into a state directory, in one step.</summary>
    /// <exception cref="McpTunnel.Certificates.CertificateException">It cannot be written.</exception>
    public async Task WriteAsync(string stateDirectory, CancellationToken cancellationToken)
    {
        using var files = new AtomicFiles();
        await StageAsync(files, stateDirectory, cancellationToken);
        files.Commit();
    }

    /// <summary>Puts the record beside its place, to get it together with the files it describes.</summary>
    internal Task StageAsync(AtomicFiles files, string stateDirectory, CancellationToken cancellationToken) =>
        files.StageAsync(
            ClientPaths.Enrolment(stateDirectory), JsonSerializer.Serialize(this, EnrolmentJson.Default.EnrolmentRecord) + "\n", FileProtection.Public, cancellationToken);
}
