using System.CommandLine;
using McpTunnel.Cli.Shell;

namespace McpTunnel.Cli.CertsCommands;

/// <summary><c>certs issue</c>: a new server certificate from the authority in the state directory; a running client picks it up.</summary>
internal static class CertsIssueCommand
{
    public static Command Create(CliProgram program)
    {
        var state = CertsOptions.State();
        var names = CertsOptions.Names();
        var days = CertsOptions.Days();
        var command = new Command("issue", "Issue a new server certificate; a running client serves it without a restart.") { state, names, days };
        return program.Bind(command, async (context, cancellationToken) =>
        {
            var directory = context.Get(state).FullName;
            var (domain, notAfter) = await ServerFiles.IssueAsync(
                directory, context.Get(names), CertsOptions.CheckDays(context.Get(days)), context.Time, cancellationToken);
            var result = new
            {
                Domain = domain,
                CertificateFile = Path.Combine(directory, CertsGroup.ServerCertificate),
                KeyFile = Path.Combine(directory, CertsGroup.ServerKey),
                NotAfter = notAfter,
            };
            context.Output.Result(result, (console, issued) => Output.Pairs(
                console,
                ("certificate", issued.CertificateFile),
                ("key", issued.KeyFile),
                ("names", $"*.{issued.Domain}"),
                ("valid until", $"{issued.NotAfter:u}")));
            return ExitCode.Ok;
        });
    }
}
