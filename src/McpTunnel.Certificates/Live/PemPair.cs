using System.Security.Cryptography;
using System.Text;

namespace McpTunnel.Certificates.Live;

/// <summary>What the two files of a certificate held at one look.</summary>
internal sealed record PemPair(string Certificate, string Key)
{
    /// <summary>Tells two looks apart, also when a file's time stamp does not.</summary>
    public byte[] Digest { get; } = SHA256.HashData(Encoding.UTF8.GetBytes($"{Certificate.Length}:{Certificate}{Key}"));
}
