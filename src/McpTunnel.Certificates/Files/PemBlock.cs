namespace McpTunnel.Certificates.Files;

/// <summary>One decoded block of a PEM text.</summary>
internal readonly record struct PemBlock(string Label, byte[] Data)
{
    public const string Certificate = "CERTIFICATE";
    public const string CertificateRequest = "CERTIFICATE REQUEST";
    public const string NewCertificateRequest = "NEW CERTIFICATE REQUEST";
    public const string PrivateKey = "PRIVATE KEY";
    public const string EcPrivateKey = "EC PRIVATE KEY";
    public const string RsaPrivateKey = "RSA PRIVATE KEY";
    public const string EncryptedPrivateKey = "ENCRYPTED PRIVATE KEY";
}
