using System.Diagnostics;
using System.Globalization;
using McpTunnel.TestKit.Network;

namespace McpTunnel.Benchmarks.Variants;

/// <summary><c>ssh -R</c> in front of the same Kestrel TLS + YARP process: a blind tunnel by a program that is nothing else.</summary>
internal sealed class OpenSshVariant : IVariant
{
    public string Name => VariantNames.OpenSsh;

    public async Task<RunningVariant> StartAsync(Workbench bench, CancellationToken cancellationToken)
    {
        var sshd = bench.Peers.Sshd();
        var ssh = bench.Peers.Ssh();
        var (yarp, yarpPort) = await bench.YarpAsync(cancellationToken);
        var directory = Directory.CreateDirectory(Path.Combine(bench.Directory, "ssh")).FullName;
        var hostKey = await MakeKeyAsync(directory, "host_key", cancellationToken);
        var userKey = await MakeKeyAsync(directory, "user_key", cancellationToken);
        var sshdPort = FreePort.Next();
        var agentPort = FreePort.Next();
        var configuration = Path.Combine(directory, "sshd_config");
        await File.WriteAllTextAsync(configuration, SshdConfiguration(bench.Network.Listen, sshdPort, hostKey, userKey), cancellationToken);

        var user = await SshdUser.PrepareAsync(bench.Directory, directory, cancellationToken);
        var (server, _) = await bench.StartAsync(
            Roles.Sshd, user.Run(sshd.Start("-D", "-e", "-r", "-f", configuration)),
            line => line.Contains("Server listening", StringComparison.Ordinal) ? line : null, cancellationToken);
        var forward = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{agentPort}:127.0.0.1:{yarpPort}");
        var (client, _) = await bench.StartAsync(
            Roles.Ssh,
            bench.Network.InPrivate(user.Run(ssh.Start(
                "-N", "-v", "-F", "none", "-R", forward, "-i", userKey, "-p", sshdPort.ToString(CultureInfo.InvariantCulture),
                "-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes", "-o", "StrictHostKeyChecking=no",
                "-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes", $"{user.Name}@{bench.Network.PublicAddress}"))),
            line => line.Contains("remote forward success", StringComparison.Ordinal) ? line : null, cancellationToken);
        return new RunningVariant(
            Name, bench.TargetAt(agentPort),
            [new Component(Roles.Sshd, server, Answers: false), new Component(Roles.Ssh, client, Answers: false), yarp, bench.Upstream]);
    }

    // Without PAM, an sshd that may not read the shadow file takes every account for locked.
    private static string SshdConfiguration(string address, int port, string hostKey, string userKey) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        ListenAddress {address}:{port}
        HostKey {hostKey}
        AuthorizedKeysFile {userKey}.pub
        PidFile none
        StrictModes no
        UsePAM yes
        PasswordAuthentication no
        KbdInteractiveAuthentication no
        AllowTcpForwarding yes
        LogLevel INFO

        """);

    private static async Task<string> MakeKeyAsync(string directory, string name, CancellationToken cancellationToken)
    {
        var file = Path.Combine(directory, name);
        using var process = Process.Start(new ProcessStartInfo("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file]))!;
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? file : throw new InvalidOperationException($"ssh-keygen ended with {process.ExitCode}.");
    }
}
