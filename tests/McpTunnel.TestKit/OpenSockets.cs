namespace McpTunnel.TestKit;

/// <summary>The sockets of this process. Other descriptors come and go with what the runtime loads.</summary>
public static class OpenSockets
{
    /// <summary>How many there are now. Linux only.</summary>
    public static int Count() => Directory.GetFileSystemEntries("/proc/self/fd").Count(IsSocket);

    private static bool IsSocket(string descriptor)
    {
        try
        {
            return new FileInfo(descriptor).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true;
        }
        catch (IOException)
        {
            // Closed meanwhile.
            return false;
        }
    }
}
