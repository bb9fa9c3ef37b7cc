using System.CommandLine;
using McpTunnel.Certificates.Files;
using McpTunnel.Certificates.Inspection;
using McpTunnel.Cli.Shell;
using Spectre.Console;

namespace McpTunnel.Cli.CertsCommands;

/// <summary><c>certs inspect</c>: what a certificate file says, and what is wrong with it.</summary>
internal static class CertsInspectCommand
{
    public static Command Create(CliProgram program)
    {
        var file = new Argument<FileInfo>("file") { Description = "A PEM file, end-entity certificate first.", HelpName = "FILE" };
        var command = new Command("inspect", "Show what a certificate file says, and what is wrong with it. Exit code 1 when something is.") { file };
        return program.Bind(command, async (context, cancellationToken) =>
        {
            var chain = await CertificateFile.ReadChainAsync(context.Get(file).FullName, cancellationToken);
            try
            {
                var description = CertificateDescription.Of(chain, context.Time.GetUtcNow());
                context.Output.Result(description, Show);
                return description.Problems.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
            }
            finally
            {
                foreach (var certificate in chain)
                {
                    certificate.Dispose();
                }
            }
        });
    }

    private static void Show(IAnsiConsole console, CertificateDescription certificate)
    {
        Output.Pairs(
            console,
            ("subject", certificate.Subject),
            ("issuer", certificate.Issuer),
            ("serial", certificate.Serial),
            ("valid", $"{certificate.NotBefore:u} to {certificate.NotAfter:u}"),
            ("key", certificate.Key),
            ("authority", certificate.IsAuthority ? certificate.PermittedDomain is { } domain ? $"yes, for {domain} and below" : "yes" : "no"),
            ("names", Listed([.. certificate.DnsNames, .. certificate.Addresses, .. certificate.Uris])),
            ("usages", Listed(certificate.ExtendedKeyUsages)),
            ("sha-256", certificate.Fingerprint),
            ("key sha-256", certificate.KeyFingerprint));
        foreach (var next in certificate.Chain)
        {
            console.WriteLine($"then: {next.Subject}, valid until {next.NotAfter:u}");
        }

        foreach (var problem in certificate.Problems)
        {
            console.WriteLine($"problem: {problem.Text}");
        }
    }

    private static string? Listed(IReadOnlyList<string> values) => values.Count == 0 ? null : string.Join(", ", values);
}
