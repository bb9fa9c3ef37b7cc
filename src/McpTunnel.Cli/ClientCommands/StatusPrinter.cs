using System.Globalization;
using McpTunnel.Cli.Shell;
using McpTunnel.Client.Health;
using Spectre.Console;

namespace McpTunnel.Cli.ClientCommands;

/// <summary>A client's status for a person.</summary>
internal static class StatusPrinter
{
    public static void Print(IAnsiConsole console, ClientStatus status)
    {
        Output.Pairs(
            console,
            ("client", $"{status.Software}, instance {status.Instance}, since {status.StartedAt:u}"),
            ("tunnel", $"{status.Tunnel} ({status.Domain})"),
            ("ready", status.Readiness.Ready ? "yes" : "no: " + string.Join(' ', status.Readiness.Reasons)),
            ("configuration", status.Configuration is { } c ? $"{c.File}, in force since {c.AppliedAt:u}, {c.Reloads} changes taken over, {c.Refusals} refused" : null),
            ("carrier", $"{status.Carrier.Current} since {status.Carrier.Since:u}: {status.Carrier.Reason}"),
            ("link certificate", status.LinkCertificate is { } l ? Certificate(l) : null));
        foreach (var warning in status.Readiness.Warnings ?? [])
        {
            console.WriteLine($"warning: {warning}");
        }

        foreach (var error in status.Configuration?.Errors ?? [])
        {
            console.WriteLine($"  not in force: {error}");
        }

        if (status.Configuration is { NeedsRestart.Count: > 0 } changed)
        {
            console.WriteLine($"  takes effect at the next start: {string.Join(", ", changed.NeedsRestart)}");
        }

        Links(console, status);
        Servers(console, status);
    }

    private static void Links(IAnsiConsole console, ClientStatus status)
    {
        var table = Output.Table("link", "state", "since", "id", "edge node", "carrier", "rtt ms", "streams", "bytes in/out", "last error");
        foreach (var link in status.Links)
        {
            table.AddRow(
                new Text(link.Index.ToString(CultureInfo.InvariantCulture)),
                new Text(link.State.ToString().ToLowerInvariant()),
                new Text($"{link.Since:u}"),
                new Text(link.LinkId ?? "-"),
                new Text(link.Node ?? "-"),
                new Text(link.Carrier ?? "-"),
                new Text(link.RoundTripMilliseconds?.ToString("0.0", CultureInfo.InvariantCulture) ?? "-"),
                new Text(link.Leaving == 0 ? $"{link.Streams}" : $"{link.Streams}, {link.Leaving} links leaving"),
                new Text($"{link.BytesReceived}/{link.BytesSent}"),
                new Text(link.LastError ?? "-"));
        }

        console.Write(table);
    }

    private static void Servers(IAnsiConsole console, ClientStatus status)
    {
        var table = Output.Table("server", "url", "upstream", "callers checked by", "certificate");
        foreach (var server in status.Servers)
        {
            table.AddRow(
                new Text(server.Name),
                new Text(server.Url),
                new Text(server.Upstream),
                new Text(server.Issuer is null ? server.Authentication : $"{server.Authentication} {server.Issuer}{(server.IssuerProblem is { } problem ? $" ({problem})" : "")}"),
                new Text(server.Certificate is { } certificate ? Certificate(certificate) : "-"));
        }

        console.Write(table);
    }

    private static string Certificate(CertificateReport certificate) =>
        $"until {certificate.NotAfter:u}{(certificate.Problem is { } problem ? $" ({problem})" : "")}";
}
