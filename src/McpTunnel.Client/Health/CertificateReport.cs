namespace McpTunnel.Client.Health;

/// <summary>A certificate's part of a status.</summary>
/// <param name="File">Where it is read from.</param>
/// <param name="Subject">Its distinguished name.</param>
/// <param name="Fingerprint">SHA-256, hexadecimal.</param>
/// <param name="NotAfter">When it ends.</param>
/// <param name="Problem">What is wrong with it or its files; null when nothing is.</param>
public sealed record CertificateReport(string File, string Subject, string Fingerprint, DateTimeOffset NotAfter, string? Problem);
