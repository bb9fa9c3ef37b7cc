using System.Diagnostics;
using McpTunnel.Benchmarks.Processes;

namespace McpTunnel.Benchmarks.Variants;

/// <summary>
/// The account that runs sshd and ssh. As root, sshd insists on its system account and directory, which exist only where it
/// is installed; as anybody else it needs nothing. So root steps down to <c>nobody</c> for the two programs.
/// </summary>
internal sealed class SshdUser
{
    private const string Unprivileged = "nobody";
    // The number of nobody's group, whose name differs between distributions.
    private const string UnprivilegedGroup = "65534";
    private readonly bool _stepDown;

    private SshdUser(string name, bool stepDown)
    {
        Name = name;
        _stepDown = stepDown;
    }

    public string Name { get; }

    /// <param name="parent">The run's directory, which the account must be able to pass through.</param>
    /// <param name="directory">The keys' directory, which the account must own.</param>
    public static async Task<SshdUser> PrepareAsync(string parent, string directory, CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return new SshdUser(Environment.UserName, stepDown: false);
        }

        File.SetUnixFileMode(parent, File.GetUnixFileMode(parent) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        using var chown = Process.Start(new ProcessStartInfo("chown", ["-R", Unprivileged, directory]))!;
        await chown.WaitForExitAsync(cancellationToken);
        return new SshdUser(Unprivileged, stepDown: true);
    }

    public ProcessStartInfo Run(ProcessStartInfo start)
    {
        if (_stepDown)
        {
            start.Behind("setpriv", "--reuid", Unprivileged, "--regid", UnprivilegedGroup, "--clear-groups");
        }

        return start;
    }
}
