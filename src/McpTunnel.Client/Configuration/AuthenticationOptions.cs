using System.Net;
using McpTunnel.Configuration.Binding;
using McpTunnel.Configuration.Rules;

namespace McpTunnel.Client.Configuration;

/// <summary>How callers of one server are identified.</summary>
public sealed record AuthenticationOptions
{
    [Option("mode", "jwt: each request carries an access token of the issuer. none: anybody who reaches the edge may call.")]
    public required AuthenticationMode Mode { get; init; }

    [Option(
        "issuer",
        "The authorization server, exactly as tokens write it in 'iss'. Needed for jwt. http only for a loopback address that issuerNetworks names.",
        DefaultText = "none")]
    [Url("https", "http")]
    public Uri? Issuer { get; init; }

    [Option(
        "audiences",
        "Values of 'aud' that are accepted in place of the default.",
        Reason = "Only for issuers that cannot put the server's URL into a token.",
        DefaultText = "the server's public URL")]
    [Count(0, ClientLimits.MaxListItems)]
    [Text(1, 2048)]
    public IReadOnlyList<string> Audiences { get; init; } = [];

    [Option("requiredScopes", "Scopes that every token must have; a caller without them is told all of them.")]
    [Count(0, ClientLimits.MaxListItems)]
    [Text(1, 256)]
    public IReadOnlyList<string> RequiredScopes { get; init; } = [];

    [Option(
        "issuerNetworks",
        "Networks in which the issuer's metadata and keys may be fetched. Loopback, link-local and multicast addresses count only when a network inside those ranges is named.",
        Reason = "Issuers are often public.")]
    [Count(1, ClientLimits.MaxListItems)]
    public IReadOnlyList<IPNetwork> IssuerNetworks { get; init; } = [IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("::/0")];

    [Option("issuerCaFile", "PEM file with the CAs that may have issued the issuer's certificate.", DefaultText = "the system's CAs")]
    [FilePath]
    public string? IssuerCaFile { get; init; }
}
