using System.Text.Json;
using McpTunnel.Cli.Shell;

namespace McpTunnel.Cli.CertsCommands;

/// <summary>The tunnel's domain as the enrolment in the same directory learnt it.</summary>
internal static class EnrolledDomain
{
    /// <summary>Longer than any enrolment record; more is not one.</summary>
    private const int MaxBytes = 64 * 1024;

    public static async Task<string> ReadAsync(string directory, CancellationToken cancellationToken)
    {
        var path = Path.Combine(directory, "enrolment.json");
        const string remedy = "Name the tunnel's domain with --domain, or enrol first: mcptunnel client enroll";
        if (!File.Exists(path) || new FileInfo(path).Length > MaxBytes)
        {
            throw new CliException(ExitCode.Usage, "The tunnel's domain is not known.", path, remedy);
        }

        try
        {
            using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(path, cancellationToken));
            return document.RootElement.GetProperty("domain").GetString() ?? throw new JsonException();
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new CliException(ExitCode.Usage, "The enrolment record is damaged.", path, remedy, exception);
        }
    }
}
