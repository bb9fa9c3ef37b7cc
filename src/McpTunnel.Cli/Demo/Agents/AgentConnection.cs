namespace McpTunnel.Cli.Demo.Agents;

/// <summary>One TLS connection that the agent opened, as the agent saw it.</summary>
/// <param name="ServerName">The name it asked for (SNI).</param>
/// <param name="Local">Its own address and port.</param>
/// <param name="Connect">Time for TCP to the edge.</param>
/// <param name="Handshake">Time for the TLS handshake, which is answered behind the edge, at the client.</param>
/// <param name="TlsVersion">Such as <c>TLS 1.3</c>.</param>
/// <param name="Alpn">The application protocol agreed on.</param>
/// <param name="CertificateIssuer">Who signed the certificate it was shown.</param>
internal sealed record AgentConnection(
    string ServerName, string Local, TimeSpan Connect, TimeSpan Handshake, string TlsVersion, string Alpn, string CertificateIssuer);
