using McpTunnel.Configuration.Binding;
using McpTunnel.Configuration.Rules;
using McpTunnel.Transport;

namespace McpTunnel.Client.Configuration;

/// <summary>How many links, and how they come back.</summary>
public sealed record LinksOptions
{
    [Option("count", "Links kept up at the same time.", Reason = "One lost connection leaves three; more cost memory on both sides.")]
    [McpTunnel.Configuration.Rules.Range("1", "32")]
    public int Count { get; init; } = 4;

    [Option(
        "carriers",
        "What links may run on, best first: quic (UDP), tls (TCP, HTTP Upgrade), websocket (TCP, for middleboxes that insist). One alone is a forced choice.",
        Reason = "The best one that the network lets through is found, and looked for again.")]
    [Count(1, 3)]
    [Distinct]
    public IReadOnlyList<Carrier> Carriers { get; init; } = [Carrier.Quic, Carrier.Tls, Carrier.Websocket];

    [Option("probeEvery", "The longest wait before a better carrier is tried again.", Reason = "Networks change; a probe is one link.")]
    [McpTunnel.Configuration.Rules.Range("1s", "1d")]
    public TimeSpan ProbeEvery { get; init; } = TimeSpan.FromMinutes(5);

    [Option("connectTimeout", "Time for DNS, TCP, a proxy and TLS together.", Reason = "Slow corporate proxies included.")]
    [McpTunnel.Configuration.Rules.Range("1s", "2m")]
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    [Option("longestWait", "The highest ceiling of the random wait between attempts.", Reason = "An edge that is back is found within a minute.")]
    [McpTunnel.Configuration.Rules.Range("1s", "10m")]
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(60);

    [Option(
        "selfCallEvery",
        "How often the client calls one of its servers by its public name, as an agent does; it is ready only when such calls come through, and a link that serves none is replaced. The boundary answers by itself: no token, no upstream, no line in the access log. 0s for never.",
        Reason = "A link that is up and carries no calls looks healthy otherwise. Switch it off where this machine may reach the edge under the name link.<edge> only.")]
    [McpTunnel.Configuration.Rules.Range("0s", "1h")]
    public TimeSpan SelfCallEvery { get; init; } = TimeSpan.FromSeconds(30);
}
