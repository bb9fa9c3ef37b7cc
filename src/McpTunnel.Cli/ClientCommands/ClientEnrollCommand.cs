using System.CommandLine;
using McpTunnel.Certificates.Files;
using McpTunnel.Cli.AdminApi;
using McpTunnel.Cli.Shell;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Enrolment;
using McpTunnel.Client.Proxying;
using McpTunnel.Protocol.Control;
using Spectre.Console;

namespace McpTunnel.Cli.ClientCommands;

/// <summary><c>client enroll</c></summary>
internal static class ClientEnrollCommand
{
    public const string EdgeVariable = "MCPTUNNEL_EDGE";

    public const string TokenVariable = "MCPTUNNEL_TOKEN";

    public static Command Create(CliProgram program)
    {
        var edge = new Option<string?>("--edge") { Description = $"The edge, as https://DOMAIN[:PORT]. Or {EdgeVariable}.", HelpName = "URL" };
        var tokenFile = new Option<string?>("--token-file")
        {
            Description = $"The file with the tunnel token, or - for standard input. Or the token in {TokenVariable}.",
            HelpName = "FILE",
        };
        var state = new Option<DirectoryInfo>("--state") { Description = "The client's state directory; made when missing.", Required = true, HelpName = "DIR" };
        var caFile = new Option<FileInfo?>("--ca-file") { Description = "PEM file with the CA of the edge's certificate, when it is a private one.", HelpName = "FILE" };
        var connect = new Option<string?>("--connect") { Description = "Connect to this address instead of what DNS says.", HelpName = "HOST:PORT" };
        var proxy = new Option<string?>("--proxy")
        {
            Description = "The HTTP proxy to go through, or none. Without it, what HTTPS_PROXY and NO_PROXY say, unless --connect names an address.",
            HelpName = "URL",
        };
        var proxyCredentials = new Option<FileInfo?>("--proxy-credentials-file") { Description = "File with user:password for the proxy.", HelpName = "FILE" };
        var proxyScheme = new Option<ProxyScheme>("--proxy-scheme") { Description = "The one scheme to answer the proxy with; without it, the strongest that it offers." };
        var command = new Command("enroll", "Make the link key here and have the edge sign its certificate.") { edge, tokenFile, state, caFile, connect, proxy, proxyCredentials, proxyScheme };
        return program.Bind(command, async (context, cancellationToken) =>
        {
            var url = EdgeAddress.ParseUrl(context.GetOrEnvironment(edge, EdgeVariable)
                ?? throw new CliException(ExitCode.Usage, "Which edge is not said.", null, $"Name it with --edge https://DOMAIN or {EdgeVariable}."));
            var connection = new EdgeConnection(
                url,
                context.Get(connect) is { } address ? EdgeAddress.ParseEndPoint(address) : null,
                context.Get(caFile) is { } ca ? [.. await CertificateFile.ReadChainAsync(ca.FullName, cancellationToken)] : null,
                await ProxyOf(context.Get(proxy), context.Get(proxyCredentials), context.Get(proxyScheme), context.Get(connect) is not null).ForDialAsync(cancellationToken));
            var token = await ReadTokenAsync(context, context.Get(tokenFile), cancellationToken);
            var record = await EdgeEnrolment.EnrolAsync(connection, token, context.Get(state).FullName, cancellationToken);
            context.Output.Result(record, (console, enrolled) => Print(console, enrolled, context.Get(state).FullName));
            return ExitCode.Ok;
        });
    }

    private static EdgeProxy ProxyOf(string? url, FileInfo? credentials, ProxyScheme scheme, bool addressIsNamed)
    {
        var rule = new ProxyUrlAttribute();
        return url is not null && rule.Fault(url) is { } fault
            ? throw new CliException(ExitCode.Usage, $"The value of --proxy {fault}.", null, "Write http://proxy.example.com:3128 or none; user and password go into the file of --proxy-credentials-file.")
            : new EdgeProxy(new ProxyOptions { Url = url, CredentialsFile = credentials?.FullName, Scheme = scheme }, addressIsNamed, TimeProvider.System);
    }

    private static async Task<Secret> ReadTokenAsync(CommandContext context, string? file, CancellationToken cancellationToken)
    {
        if (file is not null)
        {
            return await SecretInput.ReadAsync(context.Terminal, file, "tunnel token", cancellationToken);
        }

        return context.Terminal.Environment(TokenVariable) is { Length: > 0 } token
            ? new Secret(token)
            : throw new CliException(
                ExitCode.Usage, "There is no tunnel token.", null, $"Name its file with --token-file, or put it into {TokenVariable}. On the edge: mcptunnel edge tokens create TUNNEL");
    }

    private static void Print(IAnsiConsole console, EnrolmentRecord enrolled, string state)
    {
        Output.Pairs(
            console,
            ("tunnel", $"{enrolled.Tunnel} ({enrolled.Label})"),
            ("domain", enrolled.Domain),
            ("edge", enrolled.Edge),
            ("certificate until", $"{enrolled.CertificateExpires:u}"));
        console.WriteLine(File.Exists(ClientPaths.ServerCertificate(state))
            ? "A running client takes the new certificate over by itself."
            : $"Next: mcptunnel certs init --state {ShellText.Quote(state)}");
    }
}
