using System.Security.Cryptography;

namespace McpTunnel.Certificates.Files;

/// <summary>
/// The blocks of a PEM text (RFC 7468), read strictly: a block that is cut off or not base64 makes the whole text wrong, where the
/// platform's finder would pass over it in silence and so take half a file for a whole one. Text between blocks is allowed, as
/// tools write headings there.
/// </summary>
internal static class PemText
{
    private const string BeginMarker = "-----BEGIN ";
    private const string Dashes = "-----";

    /// <exception cref="CertificateException">Malformed; <paramref name="what"/> names the text in the message.</exception>
    public static IReadOnlyList<PemBlock> Parse(string text, string what)
    {
        var blocks = new List<PemBlock>();
        var rest = text.AsSpan();
        while (rest.IndexOf(Dashes, StringComparison.Ordinal) is var start and >= 0)
        {
            rest = rest[start..];
            if (!rest.StartsWith(BeginMarker, StringComparison.Ordinal)
                || !PemEncoding.TryFind(rest, out var fields)
                || fields.Location.Start.GetOffset(rest.Length) != 0)
            {
                throw new CertificateException(
                    CertificateFault.Malformed, $"{what} has a PEM block that is cut off or damaged. Write the file again, or restore it.");
            }

            var data = new byte[fields.DecodedDataLength];
            if (!Convert.TryFromBase64Chars(rest[fields.Base64Data], data, out _))
            {
                throw new CertificateException(CertificateFault.Malformed, $"{what} has a PEM block that is not base64.");
            }

            blocks.Add(new PemBlock(rest[fields.Label].ToString(), data));
            rest = rest[fields.Location.End.GetOffset(rest.Length)..];
        }

        return blocks;
    }
}
