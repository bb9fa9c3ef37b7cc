using System.CommandLine;
using McpTunnel.Cli.Shell;

namespace McpTunnel.Cli.CertsCommands;

/// <summary><c>mcptunnel certs</c>: the customer's own authority and the server certificates that end inner TLS.</summary>
internal static class CertsGroup
{
    /// <summary>File names in the client's state directory.</summary>
    public const string CaCertificate = "server-ca.pem";

    public const string CaKey = "server-ca.key";

    public const string ServerCertificate = "server.pem";

    public const string ServerKey = "server.key";

    public static Command Create(CliProgram program) => new("certs", "Make and look at the certificates that end inner TLS. Their keys stay on this machine.")
    {
        CertsInitCommand.Create(program),
        CertsIssueCommand.Create(program),
        CertsInspectCommand.Create(program),
    };
}
