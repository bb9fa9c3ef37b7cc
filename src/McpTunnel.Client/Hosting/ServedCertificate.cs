using McpTunnel.Certificates.Live;

namespace McpTunnel.Client.Hosting;

/// <summary>A live certificate and where it comes from.</summary>
/// <param name="File">Its chain's file.</param>
/// <param name="Source">The certificate in use.</param>
internal sealed record ServedCertificate(string File, CertificateSource Source);
