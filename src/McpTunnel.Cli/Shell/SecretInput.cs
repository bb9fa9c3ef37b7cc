using McpTunnel.Certificates.Files;
using McpTunnel.Protocol.Control;

namespace McpTunnel.Cli.Shell;

/// <summary>Takes secrets from where they cannot be seen by others: a file, standard input, the environment. Never an argument.</summary>
internal static class SecretInput
{
    /// <summary>Written in place of a file name for standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>Longer than any token or key of ours; a bound on what a wrong pipe may send.</summary>
    private const int MaxLength = 4096;

    /// <summary>Reads a secret from a file, or from standard input for <c>-</c>.</summary>
    public static async Task<Secret> ReadAsync(Terminal terminal, string file, string what, CancellationToken cancellationToken)
    {
        if (file != StandardInput)
        {
            return await GuardedFile.ReadSecretAsync(file, cancellationToken);
        }

        var line = await terminal.Input.ReadLineAsync(cancellationToken) ?? "";
        return line.Trim() is { Length: > 0 and <= MaxLength } text
            ? new Secret(text)
            : throw new CliException(ExitCode.Usage, $"There is no {what} on standard input.", null, $"Pipe it in on one line, or name its file instead of '{StandardInput}'.");
    }
}
