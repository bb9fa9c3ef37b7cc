using McpTunnel.Configuration.Binding;
using McpTunnel.Configuration.Rules;

namespace McpTunnel.Edge.Configuration;

/// <summary>The certificate with which the edge ends TLS for its own names. A changed file is picked up live.</summary>
public sealed record EdgeCertificateOptions
{
    /// <summary>PEM file: the certificate for domain and <c>link.</c>domain, then its intermediates.</summary>
    [Option(
        "certificateFile",
        "PEM file with the certificate for <domain> and link.<domain>, followed by its intermediates.",
        DefaultText = "edge.pem in the state directory")]
    [FilePath]
    public string? CertificateFile { get; init; }

    /// <summary>PEM file with the private key.</summary>
    [Option("keyFile", "PEM file with its private key, readable by the edge's user alone.", DefaultText = "edge.key in the state directory")]
    [FilePath]
    public string? KeyFile { get; init; }
}
