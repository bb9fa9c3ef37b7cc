using System.Diagnostics.Metrics;
using System.Reflection;
using McpTunnel.Transport.Quic;

namespace McpTunnel.Transport;

/// <summary>What runs here: for status, and as labels of a series whose value is always 1, which joined to other series says which version behaves in which way.</summary>
public static class BuildInfo
{
    /// <summary>Letters of a commit that tell it from the others.</summary>
    private const int CommitLength = 12;

    /// <summary>The version, three numbers.</summary>
    public static string Version { get; } = typeof(BuildInfo).Assembly.GetName().Version?.ToString(3) ?? "unknown";

    /// <summary>The commit that was built, shortened; <c>unknown</c> for a build outside a repository.</summary>
    public static string Commit { get; } = CommitOf(typeof(BuildInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion);

    /// <summary>The build writes the commit behind a plus sign (Semantic Versioning 2.0.0, section 10).</summary>
    internal static string CommitOf(string? informationalVersion) =>
        informationalVersion?.Split('+', 2) is [_, { Length: > 0 } commit] ? commit[..Math.Min(CommitLength, commit.Length)] : "unknown";

    internal static Measurement<long> Measure() => new(
        1, new("version", Version), new("commit", Commit), new("runtime", Environment.Version.ToString()), new("quic", QuicCarrier.LibraryVersion));
}
