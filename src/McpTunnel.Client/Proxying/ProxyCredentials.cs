using System.Net;
using System.Security.Cryptography;
using System.Text;
using McpTunnel.Certificates;
using McpTunnel.Certificates.Files;
using McpTunnel.Client.Configuration;

namespace McpTunnel.Client.Proxying;

/// <summary>User and password for one scheme, or for whichever the proxy offers.</summary>
/// <param name="credential">User and password.</param>
/// <param name="scheme">The one they are for.</param>
/// <param name="digest">SHA-256 of what was read, in hexadecimal.</param>
internal sealed class ProxyCredentials(NetworkCredential credential, ProxyScheme scheme, string digest) : ICredentials
{
    /// <summary>Tells these credentials from others.</summary>
    public string Digest => digest;

    public NetworkCredential? GetCredential(Uri uri, string authType) =>
        scheme == ProxyScheme.Any || string.Equals(scheme.ToString(), authType, StringComparison.OrdinalIgnoreCase) ? credential : null;

    /// <summary>Reads a file with <c>user:password</c> or <c>DOMAIN\user:password</c>.</summary>
    /// <exception cref="CertificateException">Missing, readable by others, or not of that form. The message has none of the contents.</exception>
    public static async Task<ProxyCredentials> ReadAsync(string file, ProxyScheme scheme, CancellationToken cancellationToken)
    {
        var text = (await GuardedFile.ReadSecretAsync(file, cancellationToken)).Reveal();

        // The first colon ends the user (RFC 7617 section 2); a password may have more.
        var colon = text.IndexOf(':');
        if (colon < 1 || text.Any(char.IsControl))
        {
            throw new CertificateException(CertificateFault.Malformed, $"{file} is not one line of user:password. Write the proxy's user, a colon and the password into it, and nothing else.");
        }

        var user = text[..colon];
        var backslash = user.IndexOf('\\');
        return new ProxyCredentials(
            backslash < 0 ? new NetworkCredential(user, text[(colon + 1)..]) : new NetworkCredential(user[(backslash + 1)..], text[(colon + 1)..], user[..backslash]),
            scheme,
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
    }
}
