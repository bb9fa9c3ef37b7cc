namespace McpTunnel.Cli.Shell;

/// <summary>What the program tells the one who started it. Listed in <c>docs/cli.md</c>; never renumbered.</summary>
internal enum ExitCode
{
    Ok = 0,

    /// <summary>It did not work, and none of the others says why.</summary>
    Failed = 1,

    /// <summary>The command line, a file or a configuration is wrong: nothing was tried.</summary>
    Usage = 2,

    /// <summary>The edge said no, and will say so again until somebody changes something.</summary>
    Refused = 3,

    /// <summary>The other side could not be reached, or is not ready: the same may work later.</summary>
    Unreachable = 4,

    /// <summary>Ended by a signal before the work was done (128 + SIGINT, as shells do).</summary>
    Interrupted = 130,
}
