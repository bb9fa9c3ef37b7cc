using McpTunnel.Benchmarks.Variants;

namespace McpTunnel.Benchmarks.Peers;

/// <summary>Finds the peers: on the machine, or unpacked into a directory by the <c>peers</c> command.</summary>
internal sealed class PeerPrograms(string directory)
{
    private const string LibraryDirectory = "lib/x86_64-linux-gnu";

    public PeerProgram Haproxy()
    {
        var root = Path.Combine(directory, PeerPackages.Haproxy.Directory);
        var unpacked = Path.Combine(root, "usr/sbin/haproxy");
        if (File.Exists(unpacked))
        {
            // Built for a newer release than this machine may run, so it brings its own C library.
            return new PeerProgram(unpacked, Path.Combine(root, "usr/lib64/ld-linux-x86-64.so.2"), Path.Combine(root, "usr", LibraryDirectory));
        }

        return Installed("haproxy") ?? throw Absent("haproxy", "version 3.0 or later, for reverse HTTP");
    }

    public PeerProgram Sshd()
    {
        var root = Path.Combine(directory, PeerPackages.Sshd.Directory);
        var unpacked = Path.Combine(root, "usr/sbin/sshd");
        if (File.Exists(unpacked))
        {
            return new PeerProgram(unpacked, Libraries: $"{Path.Combine(root, "usr", LibraryDirectory)}:{Path.Combine(root, LibraryDirectory)}");
        }

        return Installed("sshd") ?? throw Absent("sshd", "package openssh-server");
    }

    public PeerProgram Ssh() => Installed("ssh") ?? throw Absent("ssh", "package openssh-client");

    private static PeerProgram? Installed(string name)
    {
        // Servers live in sbin, which is not on everybody's path.
        var places = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Append("/usr/local/sbin");
        var file = places.Select(place => Path.Combine(place, name)).FirstOrDefault(File.Exists);
        return file is null ? null : new PeerProgram(file);
    }

    private PeerAbsentException Absent(string name, string what) =>
        new($"{name} ({what}) is neither installed nor unpacked in '{directory}'. Install it, or run the 'peers' command, which unpacks it there from Debian.");
}
