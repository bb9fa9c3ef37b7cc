namespace McpTunnel.Edge.Ingress.Admission;

/// <summary>The limits on strangers; see the edge's options for defaults and reasons.</summary>
/// <param name="Pending">Connections in all that are not served yet.</param>
/// <param name="HelloBytes">Bytes of ClientHello, record headers included, that one connection may send.</param>
/// <param name="HelloMemory">Bytes in all that unfinished ClientHellos may hold beyond their first block.</param>
/// <param name="HelloTimeout">Time from accept to the last byte of the ClientHello.</param>
/// <param name="Source">Limits of each source.</param>
/// <param name="NetworkShare">How many sources' limits the sources of one network have together.</param>
internal sealed record AdmissionLimits(
    int Pending, int HelloBytes, long HelloMemory, TimeSpan HelloTimeout, SourceLimits Source, int NetworkShare)
{
    /// <summary>
    /// How long a refused connection is read (and thrown away) after the alert: closing a socket with unread bytes makes
    /// the kernel send a reset, which often destroys the alert before the agent has read it.
    /// </summary>
    public static readonly TimeSpan LingerTimeout = TimeSpan.FromSeconds(2);

    /// <summary>The most bytes read and thrown away in that time.</summary>
    public const int LingerBytes = 256 * 1024;

    /// <summary>The first block of each connection: a usual ClientHello is 300 to 2,000 bytes.</summary>
    public const int FirstHelloBlock = 4096;
}
