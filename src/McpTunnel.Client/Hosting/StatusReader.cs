using McpTunnel.Certificates.Inspection;
using McpTunnel.Client.Configuration;
using McpTunnel.Client.Enrolment;
using McpTunnel.Client.Health;
using McpTunnel.Client.Linking;
using McpTunnel.Client.Routing;
using McpTunnel.Client.SelfCalls;
using McpTunnel.Configuration.Watching;
using McpTunnel.Transport;

namespace McpTunnel.Client.Hosting;

/// <summary>Puts a client's status together from its parts. Thread-safe.</summary>
internal sealed class StatusReader(
    EnrolmentRecord enrolment,
    LinkStarter way,
    Boundary boundary,
    ILinkStatusSource links,
    Func<SelfCallReport> selfCalls,
    Func<(string Path, ConfigurationStatus Status, IReadOnlyList<string> NeedsRestart)?> configuration,
    Func<CertificateDescription?> linkCertificate,
    Func<bool> stopping,
    TimeProvider time)
{
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();

    public ClientStatus Read() => new(
        LinkStarter.Software,
        enrolment.Tunnel,
        enrolment.Domain,
        way.Instance,
        _startedAt,
        ReadReadiness(),
        ReadConfiguration(),
        links.Carrier,
        links.Links,
        linkCertificate() is { } certificate
            ? new CertificateReport(ClientPaths.LinkCertificate(""), certificate.Subject, certificate.Fingerprint, certificate.NotAfter, certificate.Problems is [var problem, ..] ? problem.Text : null)
            : null,
        [.. boundary.Routes.Current.Servers.Select(ReadServer)])
    {
        Commit = BuildInfo.Commit,
        Proxy = way.Proxy.Describe(way.Edge),
        NoQuic = way.NoQuic,
    };

    private Readiness ReadReadiness()
    {
        var reasons = new List<string>();
        var now = time.GetUtcNow();
        var slots = links.Links;
        var own = selfCalls();
        if (stopping())
        {
            reasons.Add("The client is stopping.");
        }
        else if (LinkReasons.Of(slots) is { } noLink)
        {
            reasons.Add(noLink);
        }
        else if (boundary.Routes.Current.Servers.Count > 0 && ReadSelfCalls(own) is { } reason)
        {
            reasons.Add(reason);
        }

        foreach (var (host, served) in boundary.Certificates.ByHost.Where(entry => entry.Value.Source.Status.Served.NotAfter <= now))
        {
            reasons.Add($"The certificate of {host} ended {served.Source.Status.Served.NotAfter:u}.");
        }

        return new Readiness(reasons.Count == 0, reasons, own.Warning is { } warning ? [.. EndingSoon(), $"Of this client's calls to itself, {warning}."] : EndingSoon(), own)
        {
            Links = LinkReport.Of(slots),
            Starting = reasons.Count == 1 && !stopping() && LinkReasons.IsStarting(slots) && own.State != SelfCallState.Failed,
            Stopping = stopping(),
        };
    }

    private static string? ReadSelfCalls(SelfCallReport own) => own.State switch
    {
        SelfCallState.Pending => "No call of this client to itself has come through the edge yet.",
        SelfCallState.Failed => $"Calls of this client to itself through the edge fail, last {own.At:u}: {own.Problem} Where they cannot come through by intent, switch them off: links.selfCallEvery: 0s",
        _ => null,
    };

    /// <summary>Certificates that a person has to replace soon, each with its date and the command.</summary>
    public IReadOnlyList<string> EndingSoon()
    {
        var now = time.GetUtcNow();
        var sentences = new List<string>();
        if (linkCertificate() is { } link && CertificateAge.IsDue(link.NotBefore, link.NotAfter, now))
        {
            sentences.Add($"The link certificate ends {link.NotAfter:u}. Renew it, the client may go on running: mcptunnel client enroll --edge {enrolment.Edge} --token-file FILE --state DIR");
        }

        foreach (var served in boundary.Certificates.ByHost.Values.DistinctBy(served => served.File))
        {
            var certificate = served.Source.Status.Served;
            if (CertificateAge.IsDue(certificate.NotBefore, certificate.NotAfter, now))
            {
                sentences.Add($"The server certificate in {served.File} ends {certificate.NotAfter:u}. Replace it, for example: mcptunnel certs issue --state DIR");
            }
        }

        return sentences;
    }

    private ConfigurationReport? ReadConfiguration() => configuration() is not var (path, status, needsRestart)
        ? null
        : new ConfigurationReport(
            path, status.Fingerprint, status.AppliedAt, status.CheckedAt, status.Reloads, status.Refusals, [.. status.Errors.Select(error => error.ToString())], needsRestart);

    private ServerReport ReadServer(ServerRoute server)
    {
        var options = server.Options;
        var certificate = boundary.Certificates.ByHost.GetValueOrDefault(server.Host);
        return new ServerReport(
            server.Name,
            server.Address.Url,
            options.Upstream.OriginalString,
            options.Authentication.Mode == AuthenticationMode.Jwt ? "jwt" : "none",
            options.Authentication.Issuer?.OriginalString,
            server.IssuerProblem,
            certificate is null ? null : ReadCertificate(certificate));
    }

    private static CertificateReport ReadCertificate(ServedCertificate certificate)
    {
        var status = certificate.Source.Status;
        return new CertificateReport(certificate.File, status.Served.Subject, status.Served.Fingerprint, status.Served.NotAfter, status.Problem);
    }
}
