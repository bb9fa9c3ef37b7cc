using McpTunnel.Configuration.Binding;
using McpTunnel.Configuration.Rules;

namespace McpTunnel.Client.Configuration;

/// <summary>How links get out through a corporate proxy.</summary>
public sealed record ProxyOptions
{
    /// <summary>The value of <see cref="Url"/> for a direct connection.</summary>
    public const string Direct = "none";

    [Option(
        "url",
        "The proxy: http://host:port, or https://host:port where the connection to the proxy itself has TLS. 'none' connects directly, whatever the environment says.",
        Reason = "HTTPS_PROXY, ALL_PROXY and NO_PROXY are honoured, except beside 'edgeEndPoints': an address written there is dialled directly unless a proxy is written here.",
        DefaultText = "as the environment says")]
    [ProxyUrl]
    public string? Url { get; init; }

    [Option(
        "credentialsFile",
        "File with user:password on one line (DOMAIN\\user:password for NTLM), readable by its owner only. It is read again for each dial, so a changed password needs no restart.",
        DefaultText = "none, or what the environment's URL carries")]
    [FilePath]
    public string? CredentialsFile { get; init; }

    [Option(
        "systemCredentials",
        "Whether Negotiate (Kerberos) and NTLM are answered as the account that this process runs under.",
        Reason = "Nobody's ticket is shown to a proxy unasked.")]
    public bool SystemCredentials { get; init; }

    [Option(
        "scheme",
        "The one scheme to answer with credentialsFile.",
        Reason = "any takes the strongest that the proxy offers, and does not fall back where this system cannot do that one: name another then.")]
    public ProxyScheme Scheme { get; init; } = ProxyScheme.Any;

    [Option(
        "bypass",
        "Hosts that are dialled directly: a name, .example.com for everything below a domain, or a network in CIDR form. NO_PROXY counts as well where the proxy is the environment's.")]
    [Count(0, ClientLimits.MaxListItems)]
    [ProxyBypass]
    public IReadOnlyList<string> Bypass { get; init; } = [];
}
