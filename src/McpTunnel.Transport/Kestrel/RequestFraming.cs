using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace McpTunnel.Transport.Kestrel;

/// <summary>
/// HTTP/1.1 requests whose end two readers could see in two places (RFC 9112 sections 2.2, 6.1 and 11.2): refused, though Kestrel would
/// read them in one way, since whoever sends them is broken or hopes for a second reader.
/// </summary>
public static class RequestFraming
{
    private const string OverruledLength = "X-Content-Length";

    private static readonly LengthEncoding Length = new();

    /// <summary>Has every Kestrel server of this process that is built afterwards refuse lines that end with a bare line feed.</summary>
    public static void RefuseBareLineFeeds() =>
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);

    /// <summary>For <c>KestrelServerOptions.RequestHeaderEncodingSelector</c>: has Kestrel refuse, with 400, a length that is not plain digits.</summary>
    /// <param name="name">The header's name.</param>
    /// <param name="otherwise">How every other header is read; null for Kestrel's own way.</param>
    public static Encoding? EncodingOf(string name, Encoding? otherwise) => string.Equals(name, HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase) ? Length : otherwise;

    /// <summary>Whether the request has both lengths, or a transfer coding other than <c>chunked</c> alone.</summary>
    public static bool IsAmbiguous(HttpRequest request)
    {
        var codings = request.Headers.TransferEncoding;
        if (codings.Count == 0)
        {
            return false;
        }

        // Kestrel renames a length that the coding overrules before anybody sees it.
        return codings.Count > 1
            || !string.Equals(codings[0], "chunked", StringComparison.OrdinalIgnoreCase)
            || request.ContentLength is not null
            || request.Headers.ContainsKey(OverruledLength);
    }
}
