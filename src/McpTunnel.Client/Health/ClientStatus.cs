using McpTunnel.Client.Linking;
using McpTunnel.Client.Linking.Choice;

namespace McpTunnel.Client.Health;

/// <summary>Everything about a running client that a person or a program may want to know. Holds no secret. A snapshot.</summary>
/// <param name="Software">Name and version.</param>
/// <param name="Tunnel">The tunnel's id.</param>
/// <param name="Domain">The tunnel's domain.</param>
/// <param name="Instance">This process's name towards the edge.</param>
/// <param name="StartedAt">Since when it runs.</param>
/// <param name="Readiness">Whether calls can be served now.</param>
/// <param name="Configuration">What is in force, and what is wrong with the files if anything is; null without files.</param>
/// <param name="Carrier">What the links run on, and why.</param>
/// <param name="Links">The links to the edge.</param>
/// <param name="LinkCertificate">The client's identity towards the edge.</param>
/// <param name="Servers">The servers that agents may call.</param>
public sealed record ClientStatus(
    string Software,
    string Tunnel,
    string Domain,
    string Instance,
    DateTimeOffset StartedAt,
    Readiness Readiness,
    ConfigurationReport? Configuration,
    CarrierReport Carrier,
    IReadOnlyList<LinkSlotStatus> Links,
    CertificateReport? LinkCertificate,
    IReadOnlyList<ServerReport> Servers)
{
    /// <summary>The commit that was built, shortened; <c>unknown</c> for a build outside a repository.</summary>
    public string? Commit { get; init; }

    /// <summary>The proxy on the way to the edge and who named it, without credentials; null where there is none.</summary>
    public string? Proxy { get; init; }

    /// <summary>Why links do not run on QUIC here though it is allowed; null when they may.</summary>
    public string? NoQuic { get; init; }
}
