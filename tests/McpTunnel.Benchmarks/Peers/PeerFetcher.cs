using System.Diagnostics;

namespace McpTunnel.Benchmarks.Peers;

/// <summary>
/// Unpacks peers beside the system with Debian's own tools: nothing is installed, nothing outside the directory changes.
/// </summary>
internal sealed class PeerFetcher(string directory)
{
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        foreach (var peer in (PeerPackages[])[PeerPackages.Haproxy, PeerPackages.Sshd])
        {
            var target = Directory.CreateDirectory(Path.Combine(directory, peer.Directory)).FullName;
            var work = Directory.CreateDirectory(Path.Combine(directory, peer.Directory + ".work")).FullName;
            var configuration = await WriteConfigurationAsync(work, peer.Suite, cancellationToken);
            if (configuration is not null)
            {
                await RunAsync(work, configuration, "apt-get", ["-q", "update"], cancellationToken);
            }

            await RunAsync(work, configuration, "apt-get", ["-q", "download", .. peer.Packages], cancellationToken);
            foreach (var package in Directory.EnumerateFiles(work, "*.deb"))
            {
                await RunAsync(work, configuration, "dpkg-deb", ["-x", package, target], cancellationToken);
            }

            Directory.Delete(work, recursive: true);
            Console.WriteLine($"{peer.Directory}: unpacked into {target}");
        }

        return 0;
    }

    /// <summary>A private apt: its own lists and cache, and an empty status, so that the system's apt never hears of it.</summary>
    private static async Task<string?> WriteConfigurationAsync(string work, string? suite, CancellationToken cancellationToken)
    {
        if (suite is null)
        {
            return null;
        }

        Directory.CreateDirectory(Path.Combine(work, "lists/partial"));
        Directory.CreateDirectory(Path.Combine(work, "cache/archives/partial"));
        await File.WriteAllTextAsync(
            Path.Combine(work, "debian.sources"),
            $"""
            Types: deb
            URIs: http://deb.debian.org/debian
            Suites: {suite}
            Components: main
            Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

            """,
            cancellationToken);
        var file = Path.Combine(work, "apt.conf");
        await File.WriteAllTextAsync(
            file,
            $"""
            Dir::Etc::sourcelist "{work}/debian.sources";
            Dir::Etc::sourceparts "/dev/null";
            Dir::State::lists "{work}/lists";
            Dir::State::status "/dev/null";
            Dir::Cache "{work}/cache";
            APT::Sandbox::User "";

            """,
            cancellationToken);
        return file;
    }

    private static async Task RunAsync(
        string work, string? configuration, string program, string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = work };
        if (configuration is not null)
        {
            start.Environment["APT_CONFIG"] = configuration;
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"'{program}' did not start; this command needs Debian's tools.");
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"'{program} {string.Join(' ', arguments)}' ended with {process.ExitCode}.");
        }
    }
}
