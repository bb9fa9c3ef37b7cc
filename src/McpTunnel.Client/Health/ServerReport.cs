namespace McpTunnel.Client.Health;

/// <summary>One server's part of a status.</summary>
/// <param name="Name">As configured.</param>
/// <param name="Url">What agents are configured with.</param>
/// <param name="Upstream">Where calls go.</param>
/// <param name="Authentication">Who checks callers.</param>
/// <param name="Issuer">The issuer of its tokens; null where there is none.</param>
/// <param name="IssuerProblem">Why the issuer's keys could not be fetched last time; null when they could.</param>
/// <param name="Certificate">What is presented to agents.</param>
public sealed record ServerReport(
    string Name, string Url, string Upstream, string Authentication, string? Issuer, string? IssuerProblem, CertificateReport? Certificate);
