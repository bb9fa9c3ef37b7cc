namespace McpTunnel.Certificates;

/// <summary>
/// A key, certificate, request or file that is not acceptable. The message says what is wrong, where, and what to do, and never
/// contains key material.
/// </summary>
public sealed class CertificateException : Exception
{
    public CertificateException(CertificateFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    /// <summary>The reason, for programs.</summary>
    public CertificateFault Fault { get; }
}
