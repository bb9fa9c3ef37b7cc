using McpTunnel.Client.Configuration;

namespace McpTunnel.Client.Authentication.Jwt;

/// <summary>What decides how an issuer is asked. Servers with equal settings share its keys, also across reloads.</summary>
/// <param name="Issuer">Exactly as in <c>iss</c>.</param>
/// <param name="Networks">Where it may be dialled, in CIDR form.</param>
/// <param name="CaFile">The CAs of its certificate; null for the system's.</param>
internal sealed record IssuerSettings(string Issuer, string Networks, string? CaFile)
{
    public static IssuerSettings Of(AuthenticationOptions options) =>
        new(options.Issuer!.OriginalString, string.Join(',', options.IssuerNetworks), options.IssuerCaFile);
}
