namespace McpTunnel.Client.Hosting;

/// <summary>When a certificate is due for replacement.</summary>
internal static class CertificateAge
{
    /// <summary>From a third of its life left on: for 30 days that is 10 days, time enough for a person to act.</summary>
    public static bool IsDue(DateTimeOffset notBefore, DateTimeOffset notAfter, DateTimeOffset now) => now >= notAfter - ((notAfter - notBefore) / 3);
}
