namespace McpTunnel.Benchmarks.Peers;

/// <summary>Debian packages that make up one peer.</summary>
/// <param name="Directory">Where they are unpacked, below the peers' directory.</param>
/// <param name="Suite">The Debian release to take them from; null for the machine's own.</param>
internal sealed record PeerPackages(string Directory, string? Suite, IReadOnlyList<string> Packages)
{
    /// <summary>HAProxy 3.0 with every library it loads: reverse HTTP is too old in the release before.</summary>
    public static readonly PeerPackages Haproxy = new("haproxy", "trixie", [
        "haproxy", "libc6", "libcrypt1", "libgcc-s1", "libjemalloc2", "liblua5.4-0", "libopentracing-c-wrapper0t64", "libopentracing1",
        "libpcre2-8-0", "libssl3t64", "libstdc++6", "libzstd1", "zlib1g",
    ]);

    /// <summary>The machine's own sshd, which must fit its C library because it starts itself again.</summary>
    public static readonly PeerPackages Sshd = new("sshd", null, ["openssh-server", "libwrap0"]);
}
