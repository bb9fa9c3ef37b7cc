using McpTunnel.Configuration.Binding;

namespace McpTunnel.Client.Configuration;

/// <summary>How many links, and how they come back.</summary>
public sealed record LinksOptions
{
    [Option("count", "Links kept up at the same time.", Reason = "One lost connection leaves three; more cost memory on both sides.")]
    [McpTunnel.Configuration.Rules.Range("1", "64")]
    public int Count { get; init; } = 4;

    [Option("connectTimeout", "Time for DNS, TCP, a proxy and TLS together.", Reason = "Slow corporate proxies included.")]
    [McpTunnel.Configuration.Rules.Range("1s", "2m")]
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    [Option("longestWait", "The highest ceiling of the random wait between attempts.", Reason = "An edge that is back is found within a minute.")]
    [McpTunnel.Configuration.Rules.Range("1s", "10m")]
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(60);
}
