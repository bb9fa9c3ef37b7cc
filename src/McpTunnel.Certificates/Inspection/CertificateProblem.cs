namespace McpTunnel.Certificates.Inspection;

/// <summary>Something about a certificate that a person should know.</summary>
/// <param name="Fault">The kind.</param>
/// <param name="Text">What is wrong and what to do.</param>
public sealed record CertificateProblem(CertificateFault Fault, string Text);
