using McpTunnel.Certificates.Inspection;

namespace McpTunnel.Certificates.Live;

/// <summary>What a <see cref="CertificateSource"/> serves, and what is wrong with its files if anything is.</summary>
/// <param name="Served">The certificate in use.</param>
/// <param name="LoadedAt">Since when it is in use.</param>
/// <param name="Fault">Why the files, as they are now, are not taken; null when they are what is served.</param>
/// <param name="Problem">The same for a person: what, where, what to do. Null with <paramref name="Fault"/>.</param>
public sealed record CertificateSourceStatus(CertificateDescription Served, DateTimeOffset LoadedAt, CertificateFault? Fault, string? Problem);
