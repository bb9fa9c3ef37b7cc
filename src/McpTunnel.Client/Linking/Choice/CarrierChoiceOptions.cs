using McpTunnel.Transport;

namespace McpTunnel.Client.Linking.Choice;

/// <summary>Which carriers there are, and how often a better one is looked for.</summary>
public sealed record CarrierChoiceOptions
{
    /// <summary>The carriers to choose from, best first; at least one. One alone is a forced choice.</summary>
    public IReadOnlyList<Carrier> Rungs { get; init; } = [Carrier.Tls];

    /// <summary>The rung that worked when the client last ran; null when nothing is known.</summary>
    public Carrier? LastGood { get; init; }

    /// <summary>After a step down, a better rung is tried again first after so long. 30 s: many outages are short.</summary>
    public TimeSpan FirstProbe { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The wait between probes doubles up to this. 5 min.</summary>
    public TimeSpan ProbeEvery { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// A rung whose links came up and then carried next to nothing is left alone for so long, twice as long each time, up to <see cref="LongestHold"/>.
    /// 5 min.
    /// </summary>
    public TimeSpan FirstHold { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The most that <see cref="FirstHold"/> grows to. 1 h.</summary>
    public TimeSpan LongestHold { get; init; } = TimeSpan.FromHours(1);
}
