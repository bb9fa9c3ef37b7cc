using System.CommandLine;
using McpTunnel.Cli.Shell;

namespace McpTunnel.Cli.CertsCommands;

/// <summary>Options that several <c>certs</c> commands take.</summary>
internal static class CertsOptions
{
    /// <summary>An option's value is read by the instance it was made with, so each command makes its own.</summary>
    public static Option<DirectoryInfo> State() => new("--state")
    {
        Description = "The client's state directory, where the files are written.",
        Required = true,
        HelpName = "DIR",
    };

    public static Option<string[]> Names() => new("--name")
    {
        Description = "A further DNS name below the tunnel's domain; may be given several times.",
        HelpName = "NAME",
        DefaultValueFactory = _ => [],
    };

    public static Option<int> Days() => new("--days")
    {
        Description = "How many days the server certificate is valid, 1 to 398.",
        HelpName = "N",
        DefaultValueFactory = _ => (int)Certificates.Authorities.Validity.Server.TotalDays,
    };

    /// <summary>Refuses a number of days that the authority would not sign for.</summary>
    public static TimeSpan CheckDays(int days) =>
        days is >= 1 and <= 398
            ? TimeSpan.FromDays(days)
            : throw new CliException(ExitCode.Usage, $"--days {days} is out of range.", null, "Choose 1 to 398 days: beyond that some TLS stacks refuse a certificate.");
}
