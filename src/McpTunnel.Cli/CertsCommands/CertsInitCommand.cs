using System.CommandLine;
using McpTunnel.Cli.Shell;
using Spectre.Console;

namespace McpTunnel.Cli.CertsCommands;

/// <summary><c>certs init</c>: an authority for the tunnel's domain, and a first server certificate.</summary>
internal static class CertsInitCommand
{
    public static Command Create(CliProgram program)
    {
        var state = CertsOptions.State();
        var domain = new Option<string?>("--domain")
        {
            Description = "The tunnel's domain, such as acme.tunnel.example.com. Taken from the enrolment when there is one.",
            HelpName = "DOMAIN",
        };
        var names = CertsOptions.Names();
        var days = CertsOptions.Days();
        var command = new Command("init", "Make the customer's authority for inner TLS and a first server certificate.") { state, domain, names, days };
        return program.Bind(command, async (context, cancellationToken) =>
        {
            var directory = context.Get(state).FullName;
            var tunnelDomain = context.Get(domain) ?? await EnrolledDomain.ReadAsync(directory, cancellationToken);
            var notAfter = await ServerFiles.InitAsync(
                directory, tunnelDomain, context.Get(names), CertsOptions.CheckDays(context.Get(days)), context.Time, cancellationToken);
            var result = new
            {
                Domain = tunnelDomain,
                CaFile = Path.Combine(directory, CertsGroup.CaCertificate),
                CertificateFile = Path.Combine(directory, CertsGroup.ServerCertificate),
                KeyFile = Path.Combine(directory, CertsGroup.ServerKey),
                NotAfter = notAfter,
            };
            context.Output.Result(result, (console, made) =>
            {
                Output.Pairs(
                    console,
                    ("authority", made.CaFile),
                    ("certificate", made.CertificateFile),
                    ("key", made.KeyFile),
                    ("names", $"*.{made.Domain}"),
                    ("valid until", $"{made.NotAfter:u}"));
                console.WriteLine($"Agents must trust {made.CaFile}. Keep {CertsGroup.CaKey} where nobody else can read it, ideally offline.");
            });
            return ExitCode.Ok;
        });
    }
}
