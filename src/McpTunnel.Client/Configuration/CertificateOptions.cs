using McpTunnel.Configuration.Binding;
using McpTunnel.Configuration.Rules;

namespace McpTunnel.Client.Configuration;

/// <summary>A certificate chain and its key. Changed files are taken over live.</summary>
public sealed record CertificateOptions
{
    [Option("certificateFile", "PEM file with the chain, end-entity certificate first.", DefaultText = "server.pem in the state directory")]
    [FilePath]
    public string? CertificateFile { get; init; }

    [Option("keyFile", "PEM file with the key, readable by its owner only.", DefaultText = "server.key in the state directory")]
    [FilePath]
    public string? KeyFile { get; init; }

    [Option(
        "keyGroupReadable",
        "Whether the key file may be readable by its group too.",
        Reason = "Secrets mounted by Kubernetes are; elsewhere it is a mistake.")]
    public bool KeyGroupReadable { get; init; }
}
