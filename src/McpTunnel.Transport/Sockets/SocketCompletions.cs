namespace McpTunnel.Transport.Sockets;

/// <summary>How this process runs what waits for sockets.</summary>
public static class SocketCompletions
{
    /// <summary>The runtime's own switch. It is read once, at the first asynchronous use of a socket.</summary>
    private const string Setting = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>
    /// Runs what waits for a socket on the thread that learns of it, one thread for each processor, instead of on the thread pool: a hop between threads
    /// less for every read. Only for a process whose continuations never block; see docs/decisions/0014. To be called before the first socket is used;
    /// a setting that the operator made stays.
    /// </summary>
    public static void PreferInline()
    {
        if (Environment.GetEnvironmentVariable(Setting) is null)
        {
            Environment.SetEnvironmentVariable(Setting, "1");
        }
    }
}
