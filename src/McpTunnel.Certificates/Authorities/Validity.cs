namespace McpTunnel.Certificates.Authorities;

/// <summary>How long certificates are valid, and why.</summary>
public static class Validity
{
    /// <summary>A certificate begins this long ago: clocks of the two machines may differ a little. 5 minutes.</summary>
    public static readonly TimeSpan Backdate = TimeSpan.FromMinutes(5);

    /// <summary>A link certificate: 30 days. Enrolling again renews it, also while the client runs; the client warns from a third of its life left on.</summary>
    public static readonly TimeSpan Link = TimeSpan.FromDays(30);

    /// <summary>A server certificate: 90 days, as public authorities do.</summary>
    public static readonly TimeSpan Server = TimeSpan.FromDays(90);

    /// <summary>The longest end-entity certificate: 398 days; beyond that some TLS stacks refuse it.</summary>
    public static readonly TimeSpan LongestLeaf = TimeSpan.FromDays(398);

    /// <summary>An authority: 10 years. Replacing one means telling everybody who trusts it.</summary>
    public static readonly TimeSpan Authority = TimeSpan.FromDays(3652);

    /// <summary>The shortest certificate that is issued: 1 hour, well above any clock difference.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromHours(1);
}
