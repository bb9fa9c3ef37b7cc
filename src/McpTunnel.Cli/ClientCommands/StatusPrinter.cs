using System.Globalization;
using McpTunnel.Cli.Shell;
using McpTunnel.Client.Health;
using McpTunnel.Client.Linking;
using McpTunnel.Client.SelfCalls;
using Spectre.Console;

namespace McpTunnel.Cli.ClientCommands;

/// <summary>A client's status for a person.</summary>
internal static class StatusPrinter
{
    public static void Print(IAnsiConsole console, ClientStatus status)
    {
        Output.Pairs(
            console,
            ("client", $"{status.Software}{(status.Commit is { } commit ? $" (commit {commit})" : "")}, instance {status.Instance}, since {status.StartedAt:u}"),
            ("tunnel", $"{status.Tunnel} ({status.Domain})"),
            ("ready", status.Readiness.Ready ? "yes" : "no: " + string.Join(' ', status.Readiness.Reasons)),
            ("own calls", status.Readiness.SelfCall is { } own ? OwnCalls(own, status.Links.Count(link => link.State == LinkSlotState.Up)) : null),
            ("configuration", status.Configuration is { } c ? $"{c.File}, in force since {c.AppliedAt:u}, {c.Reloads} changes taken over, {c.Refusals} refused" : null),
            ("links", status.Readiness.Links is { } links ? LinkCounts(links) : null),
            ("proxy", status.Proxy),
            ("quic", status.NoQuic is { } reason ? $"not used: {reason}" : null),
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
        var table = Output.DenseTable("link", "state", "for", "id", "carrier", "edge node", "heard", "rtt", "streams", "in/out", "stalled");
        foreach (var link in status.Links)
        {
            table.AddRow(
                new Text(link.Index.ToString(CultureInfo.InvariantCulture)),
                new Text(link.State.ToString().ToLowerInvariant()),
                new Text(Brief.Age(link.AgeSeconds)),
                new Text(link.LinkId ?? Brief.None),
                new Text(link.Carrier ?? Brief.None),
                new Text(link.Node ?? Brief.None),
                new Text(Brief.Age(link.SilentSeconds)),
                new Text(Brief.Milliseconds(link.RoundTripMilliseconds)),
                new Text(link.Leaving == 0 ? $"{link.Streams}" : $"{link.Streams} +{link.LeavingStreams}"),
                new Text($"{Brief.Bytes(link.BytesReceived)}/{Brief.Bytes(link.BytesSent)}"),
                new Text(Brief.Stalls(link.StalledSeconds, link.StalledStreams)));
        }

        console.Write(table);
        var saidBy = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var link in status.Links.Where(link => link.LastError is not null || link.LastMove is not null || link.DrainReason is not null || link.Leaving > 0 || link.Dialling is not null))
        {
            console.WriteLine($"link {link.Index}: {string.Join("; ", Remarks(link, saidBy))}");
        }
    }

    /// <summary>What is no figure: how it came to be as it is.</summary>
    private static IEnumerable<string> Remarks(LinkSlotStatus link, Dictionary<string, int> saidBy)
    {
        if (link.DrainReason is { } drains)
        {
            yield return $"takes no new streams: {drains}";
        }

        if (link.Leaving > 0)
        {
            yield return link.LeavingStreams == 0
                ? $"{Brief.Count(link.Leaving, "earlier link")} without streams, about to close"
                : $"{Brief.Count(link.LeavingStreams, "stream")} {(link.LeavingStreams == 1 ? "finishes" : "finish")} on {Brief.Count(link.Leaving, "earlier link")}";
        }

        if (link.Dialling is { } dialling)
        {
            yield return $"dialling {dialling}";
        }

        if (link.NextAttempt is { } next)
        {
            yield return $"next dial {next:u}";
        }

        if (link.LastMove is { } move && move != link.DrainReason)
        {
            yield return $"last moved {Brief.Age(link.LastMoveAgeSeconds)} ago: {Said(move, link, saidBy)}";
        }

        if (link.LastError is { } error)
        {
            yield return $"{Brief.Count(link.Attempts, "dial")}, the last error {Brief.Age(link.LastErrorAgeSeconds)} ago: {Said(error, link, saidBy)}";
        }
    }

    /// <summary>A sentence in full for the first link that has it.</summary>
    private static string Said(string sentence, LinkSlotStatus link, Dictionary<string, int> saidBy) =>
        saidBy.TryAdd(sentence, link.Index) || saidBy[sentence] == link.Index ? sentence : $"as link {saidBy[sentence]}";

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
                new Text(server.Certificate is { } certificate ? Certificate(certificate) : Brief.None));
        }

        console.Write(table);
    }

    private static string LinkCounts(LinkReport links) =>
        $"{links.Up} of {links.Expected} up{(links.Up == 0 ? "" : ": " + string.Join(", ", links.Nodes.Select(node => $"{node.Up} at {node.Node}")))}";

    private static string OwnCalls(SelfCallReport own, int up) => own.State switch
    {
        SelfCallState.Off => "switched off",
        SelfCallState.Pending => "none has come through yet",
        SelfCallState.Good => string.Create(CultureInfo.InvariantCulture, $"{(up > 0 ? "come" : "came")} through, last {own.At:u} in {own.Milliseconds:0} ms")
            + (up > 0 ? $"; through {Math.Min(own.Links, up)} of {Brief.Count(up, "link")} so far" : ""),
        _ => $"fail, last {own.At:u}",
    };

    private static string Certificate(CertificateReport certificate) =>
        $"until {certificate.NotAfter:u}{(certificate.Problem is { } problem ? $" ({problem})" : "")}";
}
