using System.CommandLine;
using McpTunnel.Certificates.Files;
using McpTunnel.Cli.AdminApi;
using McpTunnel.Cli.Shell;
using Spectre.Console;

namespace McpTunnel.Cli.EdgeCommands;

/// <summary>Hands a new token over: into a file of its owner, or once to standard output.</summary>
internal static class TokenIssuing
{
    public static Option<FileInfo?> TokenFile() => new("--token-file")
    {
        Description = "Write the token into this new file, readable by its owner alone, instead of printing it.",
        HelpName = "FILE",
    };

    public static Option<TimeSpan?> Lifetime() => DurationOption.Create("--lifetime", "How long the token is valid; for ever when not given.");

    /// <summary>Writes or prints an issued token.</summary>
    public static async Task HandOverAsync(CommandContext context, IssuedToken issued, FileInfo? file, CancellationToken cancellationToken)
    {
        if (file is not null)
        {
            await AtomicFiles.WriteAsync(file.FullName, issued.Token.Reveal() + "\n", FileProtection.OwnerOnly, cancellationToken, replace: false);
        }

        var result = new
        {
            Token = file is null ? issued.Token.Reveal() : null,
            TokenFile = file?.FullName,
            issued.Record.Id,
            issued.Record.Tunnel,
            issued.Record.Expires,
            issued.LinksClosed,
        };
        context.Output.Result(result, (console, token) =>
        {
            Output.Pairs(
                console,
                ("token", token.Token ?? $"written to {token.TokenFile}"),
                ("id", token.Id),
                ("tunnel", token.Tunnel),
                ("expires", token.Expires is { } expires ? $"{expires:u}" : "never"));
            if (token.Token is not null)
            {
                console.WriteLine("The token is shown this once. Put it into a file with mode 0600 on the client's machine.");
            }
        });
    }

    /// <summary>A file that cannot be written must be known before there is a token to lose.</summary>
    public static void CheckTarget(FileInfo? file)
    {
        if (file is { Exists: true })
        {
            throw new CliException(ExitCode.Usage, "The token file exists already.", file.FullName, "Name a new file.");
        }

        if (file is { Directory.Exists: false })
        {
            throw new CliException(ExitCode.Usage, "The token file's directory does not exist.", file.FullName, "Make the directory, or name a file in another one.");
        }
    }
}
