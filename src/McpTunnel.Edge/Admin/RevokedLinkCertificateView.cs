namespace McpTunnel.Edge.Admin;

/// <param name="Record">The certificate as it is now.</param>
/// <param name="LinksClosed">Live links that ended with it.</param>
internal sealed record RevokedLinkCertificateView(LinkCertificateView Record, int LinksClosed);
