namespace McpTunnel.Certificates.Files;

/// <summary>How much of a file is believed. Ours are a few KiB; the limits keep a wrong path (a log, a device) from filling memory.</summary>
public static class FileLimits
{
    /// <summary>A PEM file with a chain or a key: 256 KiB, about a hundred certificates.</summary>
    public const int PemBytes = 256 * 1024;

    /// <summary>A token, password or header value: 64 KiB.</summary>
    public const int SecretBytes = 64 * 1024;

    /// <summary>Certificates in one chain file: 16, four times the longest chain seen in public use.</summary>
    public const int ChainCertificates = 16;
}
